// Trains a small VAE on procedural shapes, then draws new ones from it.
import VAEGPU

let device = try Device.open("auto")
let data = try DatasetLoader.load("sprites")

var configuration = RunConfiguration()
configuration.hidden = [256]
configuration.latent = 8
configuration.epochs = 2

let trainer = try Trainer(configuration, data: data, device: device)
try trainer.train { event in
  if case .evaluated(let line, _) = event {
    print("epoch \(line.epoch): test ELBO \(line.elbo) nats per image")
  }
}

let samples = try trainer.vae.sample(count: 64, seed: 1)
try Pictures.grid(samples, vae: trainer.vae, columns: 8).write(to: "samples.png")
print("64 samples on \(device.info.name) are in samples.png")
