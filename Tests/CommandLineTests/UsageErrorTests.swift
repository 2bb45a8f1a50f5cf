import Testing

/// Everything that is wrong with a command line as written: exit code 64.
@Suite struct UsageErrorTests {
  @Test(arguments: [
    ["--epochs", "0"], ["--epochs", "-5"], ["--epochs=-5"], ["--epochs", "ten"],
    ["--epochs", "99999999999999999999"], ["--max-steps", "0"], ["--batch-size", "0"],
    ["--batch-size", "-1"], ["--latent", "0"], ["--latent", "99999999"], ["--hidden", "0"],
    ["--hidden", "-4"], ["--hidden", "400,"], ["--hidden", "four"], ["--hidden", ""],
    ["--lr", "0"], ["--lr", "-1"], ["--lr", "nan"], ["--lr", "inf"], ["--beta", "-1"],
    ["--beta", "nan"], ["--clip-norm", "-1"], ["--patience", "-1"], ["--log-every", "0"],
    ["--save-every", "-1"], ["--save-every", "nan"], ["--threads", "0"], ["--threads", "-2"],
    ["--seed", "-1"], ["--seed", "18446744073709551615"], ["--data", ""], ["--out", ""],
    ["--device", ""], ["--likelihood", "poisson"], ["--activation", "swish"],
    ["--binarize", "yes"], ["--model", "gan"], ["--precision", "fp16"],
    ["--precision", ""], ["--layer", "conv"], ["--log-variance", "2,-6"],
    ["--log-variance", "-6"], ["--log-variance", "-31,2"], ["--validation", "-1"],
    ["--objective", "elbow"], ["--free-bits", "-1"], ["--capacity", "nan"],
    ["--lr-schedule", "steps"], ["--lr-epochs", "0"], ["--adam-beta1", "1"],
    ["--adam-beta2", "-0.1"], ["--adam-epsilon", "0"], ["--fit", "svd"], ["--missing", "1"],
    ["--corruption", "salt"], ["--corruption-level", "-0.1"],
  ])
  func aBadValueIsNamedWithItsFlag(_ arguments: [String]) throws {
    let workspace = try Workspace()
    let flag = arguments[0].split(separator: "=").first.map(String.init) ?? ""
    try workspace.expectError(["train", "--data", "tiny"] + arguments, code: 64, flag)
    #expect(!workspace.exists("runs"))
  }

  @Test(arguments: ["0", "-1", "nan", "learnt", "100000.0"])
  func aBadSigmaIsNamed(_ value: String) throws {
    try Workspace().expectError(
      ["train", "--data", "tiny", "--likelihood", "gaussian", "--sigma", value], code: 64,
      "--sigma", value)
  }

  @Test func valuesWithAMinusAreReadAsValues() throws {
    let workspace = try TrainedRun.workspace()
    try workspace.expectError(
      ["train", "--device", "-1"] + Workspace.tinyModel, code: 69, "--device -1", "no such device")
    try workspace.expectError(
      ["grid", "run", "-o", "g.png", "--latents", "-1,2"], code: 64, "-1,2", "counted from 0")
    try workspace.expectError(
      ["import", "w.safetensors", "--image-shape", "-8x8"], code: 64, "-8x8", "HEIGHTxWIDTH")
    // A flag in the place of a value is none.
    try workspace.expectError(
      ["train", "--device", "--quiet"], code: 64, "--device", "the value is missing")
  }

  @Test func typosGetASuggestion() throws {
    let workspace = try Workspace(withData: false)
    try workspace.expectError(
      ["train", "--epocs", "3"], code: 64, "--epocs", "--epochs", "train --help")
    try workspace.expectError(["train", "--likelihood", "bernouli"], code: 64, "'bernoulli'")
    try workspace.expectError(["train", "--binarize", "dynamik"], code: 64, "'dynamic'")
    try workspace.expectError(["evalute"], code: 64, "'evaluate'")
    try workspace.expectError(["xyz"], code: 64, "'xyz'", "train", "--help")
    try workspace.expectError(["bench", "--work", "mlp40"], code: 64, "'mlp400'")
  }

  @Test func missingAndSuperfluousArgumentsAreErrors() throws {
    let workspace = try Workspace(withData: false)
    try workspace.expectError(["evaluate"], code: 64, "<run>")
    try workspace.expectError(["sample", "run"], code: 64, "--output")
    try workspace.expectError(["train", "now"], code: 64, "'now'")
    try workspace.expectError(["train", "--epochs"], code: 64, "--epochs")
    try workspace.expectError(["import", "w.safetensors"], code: 64, "--hidden")
    try workspace.expectError(["devices", "--all"], code: 64, "--all")
  }

  @Test func flagsThatExcludeEachOtherAreErrors() throws {
    let workspace = try Workspace()
    try workspace.expectError(["train", "--sigma", "0.5"], code: 64, "--sigma", "gaussian")
    try workspace.expectError(["train", "--levels", "8"], code: 64, "--levels", "categorical")
    try workspace.expectError(
      ["train", "--layer", "gated", "--activation", "relu"], code: 64, "--activation", "--layer")
    try workspace.expectError(
      ["train", "--objective", "autoencoder", "--samples", "2"], code: 64, "samples")
    try workspace.expectError(["train", "--fit", "em"], code: 64, "--fit", "ppca")
    try workspace.expectError(
      ["train", "--model", "ppca", "--hidden", "4"], code: 64, "hidden", "none")
    try workspace.expectError(
      ["train", "--model", "ppca", "--likelihood", "bernoulli"], code: 64, "gaussian")
    try workspace.expectError(
      ["train", "--model", "ppca", "--missing", "0.5"], code: 64, "missing", "em")
    for flags in [["--epochs", "3"], ["--objective", "iwae", "--samples", "5"], ["--lr", "0.1"]] {
      try workspace.expectError(
        ["train", "--model", "ppca"] + flags, code: 64, flags[0], "ppca is fitted")
    }
    try workspace.expectError(["train", "--capacity", "9"], code: 64, "--capacity", "capacity")
    try workspace.expectError(["train", "--groups", "2"], code: 64, "--groups", "miwae")
    try workspace.expectError(
      ["train", "--objective", "iwae", "--kl", "monte-carlo"], code: 64, "--kl", "elbo")
    try workspace.expectError(
      ["train", "--objective", "miwae", "--samples", "5", "--groups", "2"], code: 64, "groups")
    try workspace.expectError(
      ["train", "--likelihood", "laplace", "--sigma", "optimal"], code: 64, "optimal", "gaussian")
    for flags in [["--layer", "gated"], ["--activation", "tanh"]] {
      try workspace.expectError(
        ["train", "--model", "ppca"] + flags, code: 64, flags[0], "ppca is linear")
    }
    try workspace.expectError(
      [
        "import", "w", "--hidden", "4", "--latent", "2", "--likelihood", "bernoulli", "--init",
        "glorot",
      ],
      code: 64, "--init")
    try workspace.expectError(["train", "--warmup", "5"], code: 64, "--warmup", "--beta-schedule")
    try workspace.expectError(
      ["train", "--lr-epochs", "5"], code: 64, "--lr-epochs", "--lr-schedule")
    for flags in [["--beta", "4"], ["--beta-schedule", "linear"]] {
      try workspace.expectError(
        ["train", "--objective", "denoising"] + flags, code: 64, flags[0], "no KL")
    }
    try workspace.expectError(
      ["train", "--resume", "a", "--out", "b"], code: 64, "--resume", "--out")
    try workspace.expectError(
      ["train", "--resume", "a", "--config", "b"], code: 64, "--resume", "--config")
  }

  @Test func normsOverOneValueAreErrors() throws {
    let workspace = try Workspace()
    let model = ["train", "--data", "tiny", "--model", "conv", "--channels", "4,4,4", "--norm"]
    try workspace.expectError(
      model + ["batch", "--batch-size", "1"], code: 64, "--batch-size", "encoder.2.norm", "1 x 1")
    try workspace.expectError(model + ["group"], code: 64, "--norm", "encoder.2.norm", "8 channels")
    #expect(!workspace.exists("runs"))
  }

  @Test func aMessageIsOneLineWhateverIsInIt() throws {
    let workspace = try Workspace(withData: false)
    try workspace.expectError(["train", "--da\nta"], code: 64)
    try workspace.expectError(["train", "--data", "a\nb\u{1B}[31m"], code: 66, "a\\nb\\u{1b}")
    try workspace.expectError(["a\nb"], code: 64)
  }

  @Test func outputsHaveTheEndingOfTheirFormat() throws {
    let workspace = try TrainedRun.workspace()
    for command in ["sample", "reconstruct", "interpolate", "grid"] {
      try workspace.expectError([command, "run", "-o", "x.jpg"], code: 64, "x.jpg", ".png", ".npy")
    }
    try workspace.expectError(["encode", "run", "-o", "x.png"], code: 64, "x.png", ".npy")
    try workspace.expectError(["sample", "run", "-o", "png"], code: 64, ".png")
  }

  @Test(arguments: [
    ["sample", "-n", "0"], ["sample", "-n", "-3"], ["sample", "-n", "20000"],
    ["reconstruct", "-n", "0"], ["interpolate", "--pairs", "0"], ["interpolate", "--pairs", "21"],
    ["interpolate", "--steps", "0"], ["interpolate", "--path", "round"], ["grid", "--side", "0"],
    ["grid", "--latents", "0,3"], ["grid", "--latents", "1,1"], ["grid", "--latents", "x"],
    ["reconstruct", "--split", "val"], ["reconstruct", "--binarize", "dynamic"],
  ])
  func badSizesOfPicturesAreErrors(_ arguments: [String]) throws {
    let workspace = try TrainedRun.workspace()
    try workspace.expectError(
      [arguments[0], "run", "-o", "bad.png"] + arguments.dropFirst(), code: 64, arguments[1])
    #expect(!workspace.exists("bad.png"))
  }

  @Test(arguments: [
    ["--samples", "0"], ["--seed", "x"], ["--checkpoint", "first"], ["--split", "all"],
    ["--binarize", "x"],
  ])
  func badFlagsOfEvaluateAreErrors(_ arguments: [String]) throws {
    try TrainedRun.workspace().expectError(
      ["evaluate", "run"] + arguments, code: 64, arguments[0])
  }
}
