/// What went wrong in the test machinery, as one sentence.
public struct SupportError: Error, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
