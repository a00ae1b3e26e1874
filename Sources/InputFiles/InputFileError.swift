/// What is wrong with a file that the user handed in, and where.
public struct InputFileError: Error, Equatable, Sendable {
  /// From 1; nil where it is the file as a whole.
  public var line: Int?
  /// The place within the file's structure: `items[3].status.podIP`, or the name of a column.
  public var field: String?
  /// What is wrong, as a clause: `is not a time with a zone`.
  public var problem: String

  public init(line: Int? = nil, field: String? = nil, _ problem: String) {
    self.line = line
    self.field = field
    self.problem = problem
  }
}
