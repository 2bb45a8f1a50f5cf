/// Finds what a mistyped word was meant to be.
public enum NearestName {
  /// The name nearest to `word` by edit distance, ignoring case; nil when none is within a third
  /// of its length (at least 1, at most 4 edits).
  public static func find(_ word: String, in names: [String]) -> String? {
    guard word.count <= 64 else { return nil }
    let word = word.lowercased()
    let ranked = names.map { (name: $0, distance: distance(word, $0.lowercased())) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= min(4, max(1, best.name.count / 3)) ? best.name : nil
  }

  /// Levenshtein's distance: the fewest insertions, deletions and substitutions.
  static func distance(_ first: String, _ second: String) -> Int {
    let second = Array(second)
    var row = Array(0...second.count)
    for (index, character) in first.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in second.indices {
        let substitution = diagonal + (second[column] == character ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(substitution, diagonal + 1, row[column] + 1)
      }
    }
    return row[second.count]
  }
}
