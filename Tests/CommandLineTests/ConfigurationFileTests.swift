import Testing

@Suite struct ConfigurationFileTests {
  @Test func settingsComeFromTheFileAndFlagsOverrideThem() throws {
    let workspace = try Workspace()
    try workspace.write(
      "data = \"tiny\"\nhidden = [12, 6]\nlatent = 4\nmax_steps = 9\nlikelihood = \"gaussian\"\n",
      to: "settings.toml")
    let result = try workspace.run(
      "train", "--config", "settings.toml", "--latent", "2", "--max-steps", "2", "--out", "run")
    #expect(result.code == 0, "\(result)")
    let resolved = try workspace.text("run/config.toml")
    #expect(resolved.contains("hidden = [12, 6]"))
    #expect(resolved.contains("latent = 2"))
    #expect(resolved.contains("max_steps = 2"))
    #expect(resolved.contains("likelihood = \"gaussian\""))
    #expect(resolved.contains("binarize = \"none\""))
    #expect(resolved.contains("device = \"cpu\"") || resolved.contains("device = \"0\""))
  }

  @Test func theResolvedFileGivesTheSameRun() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--max-steps", "3", "--out", "a", "--seed", "5").code == 0)
    #expect(try workspace.run("train", "--config", "a/config.toml", "--out", "b").code == 0)
    #expect(
      try workspace.bytes("a/checkpoints/last.safetensors")
        == workspace.bytes("b/checkpoints/last.safetensors"))
  }

  @Test(arguments: [
    ("epocs = 3", "epocs", "'epochs'"), ("xyzzy = 3", "xyzzy", "known"),
    ("epochs = 0", "epochs", "not 0"), ("epochs = \"three\"", "epochs", "whole number"),
    ("lr = nan", "lr", "positive"), ("hidden = [4, -1]", "hidden", "-1"),
    ("likelihood = \"x\"", "likelihood", "gaussian"), ("[train]\nepochs = 3", "train", "unknown"),
  ])
  func aBadSettingIsNamedWithItsFile(_ text: String, _ key: String, _ phrase: String) throws {
    let workspace = try Workspace()
    try workspace.write(text + "\n", to: "s.toml")
    try workspace.expectError(["train", "--config", "s.toml"], code: 64, "s.toml", key, phrase)
    #expect(!workspace.exists("runs"))
  }

  @Test(arguments: [
    "epochs = = 3", "epochs = 99999999999999999999", "lr = 1\nlr = 2", "lr = 1 # zero: ",
  ])
  func aFileThatIsNotTOMLIsBadData(_ text: String) throws {
    let workspace = try Workspace()
    let end = text.hasSuffix("zero: ") ? "\u{0}\n" : "\n"
    try workspace.write(text + end, to: "s.toml")
    try workspace.expectError(["train", "--config", "s.toml"], code: 65, "s.toml")
  }

  @Test func aMissingFileIsMissingInput() throws {
    try Workspace().expectError(["train", "--config", "none.toml"], code: 66, "none.toml")
  }
}
