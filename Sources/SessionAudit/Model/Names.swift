extension String {
  /// Compares as the server compares names. Swift's == holds two spellings of one accented letter
  /// to be equal.
  func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
