import VAEGPU

let args = CommandLine.arguments
let device = try Device.open(args.count > 1 ? args[1] : "cpu")
var config = RunConfiguration()
config.logEvery = args.count > 4 ? Int(args[4])! : 100
config.seed = args.count > 5 ? UInt64(args[5])! : 0
config.epochs = args.count > 2 ? Int(args[2]) ?? 1 : 1
if args.count > 3 { config.maxSteps = Int(args[3]) }
let data = try DatasetLoader.load("fashion-mnist")
let trainer = try Trainer(config, data: data, device: device)
print(device.info.name)
_ = try trainer.train { event in
  switch event {
  case .interval(let line): print(line.json)
  case .evaluated(let line, _): print(line.json)
  default: break
  }
}
