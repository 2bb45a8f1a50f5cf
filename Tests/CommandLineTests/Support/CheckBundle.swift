import FileFormats
import Foundation

/// A bundle with the scripts of `make bundle` and stand-ins for its programs, in a workspace.
struct CheckBundle {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace(withData: false)
    let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Scripts/bundle-contents").path
    try FileManager.default.createDirectory(
      atPath: workspace.file("a bundle/bin"), withIntermediateDirectories: true)
    for name in ["check", "share"] {
      try FileManager.default.copyItem(
        atPath: "\(scripts)/\(name)", toPath: workspace.file("a bundle/\(name)"))
    }
    try workspace.write("1.2.3\n", to: "a bundle/VERSION")
    try write("", to: "vae-gpu")
    try write("exit 0", to: "conformance")
    try write("echo 'no such module' >&2; exit 69", to: "python")
  }

  /// Writes a stand-in. That for `vae-gpu` prints its arguments as JSON and makes a run in `$out` if it is to train; then comes
  /// `script`.
  func write(_ script: String, to program: String) throws {
    let trains = #"""
      echo "{\"command\":\"$*\"}"
      if [ "$1" = train ]; then
        out=${*##*--out } out=${out%% --*}
        mkdir -p "$out/checkpoints"
        for file in best last; do echo weights >"$out/checkpoints/$file.safetensors"; done
        seq 200 | sed 's/.*/{"step":&,"split":"train","elbo":-1,"loss":2.5,"norm":1}/' >"$out/metrics.jsonl"
      fi
      """#
    try workspace.write(
      "#!/bin/sh\n\(program == "vae-gpu" ? trains + "\n" : "")\(script)\n",
      to: "a bundle/bin/\(program)")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: workspace.file("a bundle/bin/\(program)"))
  }

  /// Starts `check` in the workspace. PyTorch and JAX are not there.
  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningTool {
    let python = ["VAE_GPU_CHECK_PYTHON": workspace.file("a bundle/bin/python")]
    return try workspace.start(
      ["sh", workspace.file("a bundle/check")] + arguments,
      environment: python.merging(environment) { $1 }, program: "/usr/bin/env")
  }

  func check(_ arguments: String..., environment: [String: String] = [:]) throws
    -> CommandLineTool.Result
  {
    try start(arguments, environment: environment).wait()
  }

  func report(_ name: String = "check.json") throws -> JSONValue {
    try StrictJSON.parse(workspace.bytes(name), path: name)
  }
}

extension JSONValue {
  /// The strings of a member that is an array.
  func strings(_ key: String) -> [String] { self[key]?.elements?.compactMap(\.string) ?? [] }

  /// The states of the parts of a report of `check`, in its order.
  var states: [(part: String, state: String)] {
    guard case .object(let members) = self else { return [] }
    return members.compactMap { member in
      member.value["state"]?.string.map { (member.key, $0) }
    }
  }
}
