/// Which of some words somebody has most likely meant.
package enum NearestWord {
  /// nil where none is near: more than a third of its letters would have to change.
  package static func of(_ word: String, among words: [String]) -> String? {
    let nearest = words.map { (word: $0, distance: distance(word, $0)) }
      .min { ($0.distance, $0.word) < ($1.distance, $1.word) }
    guard let nearest, nearest.distance <= max(1, nearest.word.utf8.count / 3) else { return nil }
    return nearest.word
  }

  /// Letters to put in, take out, change, or swap with their neighbours (optimal string alignment).
  private static func distance(_ a: String, _ b: String) -> Int {
    // A key that a file made up could be as long as the file.
    let (a, b) = (Array(a.utf8.prefix(80)), Array(b.utf8.prefix(80)))
    var before: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var least = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          least = min(least, before[j - 1] + 1)
        }
        row.append(least)
      }
      (before, last) = (last, row)
    }
    return last[b.count]
  }
}
