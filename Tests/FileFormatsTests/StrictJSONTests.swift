import FileFormats
import TestSupport
import Testing

@Suite struct StrictJSONTests {
  func parse(_ text: String) throws(FileError) -> JSONValue {
    try StrictJSON.parse([UInt8](text.utf8), path: "x.json")
  }

  static let validTexts: [(String, JSONValue)] = [
    ("null", JSONValue.null), (" true\n", .bool(true)), ("false", .bool(false)), ("[]", .array([])),
    ("{}", .object([])), ("\t[ 1 , 2 ]\r", .array([.number("1"), .number("2")])),
    ("{\"b\":1,\"a\":[null]}", .object([.init("b", .number("1")), .init("a", .array([.null]))])),
    (#""a\"\\\/\b\f\n\r\tA""#, .string("a\"\\/\u{8}\u{C}\n\r\tA")),
    (#""é\u00e9\ud83d\ude00😀\u0000""#, .string("éé😀😀\0")),
    ("-0", .number("-0")), ("1.50e+3", .number("1.50e+3")), ("0.1", .number("0.1")),
  ]

  @Test(arguments: validTexts)
  func validTextIsRead(_ text: String, _ value: JSONValue) throws {
    #expect(try parse(text) == value)
    #expect(try parse(value.text) == value)
  }

  static let invalidTexts: [(String, String)] = [
    ("", "ends where"), (" ", "ends where"), ("nul", "unknown word"), ("tru", "unknown word"),
    ("NaN", "expected a value"), ("Infinity", "expected a value"), ("+1", "expected a value"),
    ("01", "leading zero"), ("-01", "leading zero"), ("00", "leading zero"), ("-", "no digits"),
    ("1.", "after its point"), (".5", "expected a value"), ("1e", "exponent"), ("1e+", "exponent"),
    ("0x10", "after the value"), ("1 2", "after the value"), ("{} {}", "after the value"),
    ("[1,]", "expected a value"), ("[,1]", "expected a value"), ("[1 2]", "expected"),
    ("[1", "expected"), ("[", "ends where"), ("{", "key in quotes"), ("{\"a\"", "expected \":\""),
    ("{\"a\":1,}", "key in quotes"), ("{a:1}", "key in quotes"), ("{\"a\":1", "expected"),
    ("{\"a\" 1}", "expected \":\""), ("{\"a\":1,\"a\":2}", "\"a\" appears twice"),
    ("{\"a\":1,\"\\u0061\":2}", "\"a\" appears twice"), ("\"a", "closing quote"),
    ("\"a\nb\"", "control character"), ("\"\\x\"", "unknown escape"), ("\"\\", "ends in an escape"),
    ("\"\\u12\"", "ends in an escape"), ("\"\\u12", "ends in an escape"),
    ("\"\\u12g4\"", "hexadecimal"),
    ("\"\\ud800\"", "surrogate"), ("\"\\udc00\"", "surrogate"), ("\"\\ud800\\u0041\"", "surrogate"),
    ("\"\\ud800\\ud800\"", "surrogate"), ("\u{FEFF}1", "expected a value"),
    ("'a'", "expected a value"), ("// a\n1", "expected a value"),
  ]

  @Test(arguments: invalidTexts)
  func invalidTextIsRefused(_ text: String, _ word: String) {
    expectFailure(.malformed, ["x.json: is not valid JSON at byte", word]) { () throws(FileError) in
      try parse(text)
    }
  }

  @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3]])
  func invalidUTF8IsRefused(_ bytes: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    expectFailure(.malformed, ["UTF-8"]) { () throws(FileError) in
      try StrictJSON.parse([quote] + bytes + [quote], path: "x")
    }
  }

  @Test func nestingHasALimit() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try parse(nested(32))
    for depth in [33, 1_000_000] {
      expectFailure(.malformed, ["deeper than 32"]) { () throws(FileError) in
        try parse(nested(depth))
      }
    }
  }

  @Test func valuesHaveALimit() throws {
    var limits = StrictJSON.Limits()
    limits.values = 3
    _ = try StrictJSON.parse([UInt8]("[1,2]".utf8), path: "x", limits: limits)
    expectFailure(.malformed, ["more than 3 values"]) { () throws(FileError) in
      try StrictJSON.parse([UInt8]("[1,2,3]".utf8), path: "x", limits: limits)
    }
  }

  @Test func numbersAreExact() {
    #expect(JSONValue.number("9223372036854775807").int64 == .max)
    #expect(JSONValue.number("9223372036854775808").int64 == nil)
    #expect(JSONValue.number("18446744073709551615").uint64 == .max)
    #expect(JSONValue.number("-9223372036854775808").int == .min)
    for text in ["1e3", "1.0", "1E0"] {
      #expect(JSONValue.number(text).int == nil)
      #expect(JSONValue.number(text).double != nil)
    }
    #expect(JSONValue.number("1e3").double == 1000)
    #expect(JSONValue.number("1e999").double == nil)
    #expect(JSONValue.string("1").int == nil)
  }

  @Test func membersAreFoundByKey() throws {
    let value = try parse("{\"a\":{\"b\":true},\"c\":[\"d\"]}")
    #expect(value["a"]?["b"]?.bool == true)
    #expect(value["c"]?.elements?.first?.string == "d")
    #expect(value["x"] == nil && value["c"]?["a"] == nil)
    #expect(value.members?.map(\.key) == ["a", "c"])
    #expect(value.kind == "an object")
  }
}
