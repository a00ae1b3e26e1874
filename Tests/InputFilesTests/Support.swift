import InputFiles
import SessionAudit
import Testing

/// What `body` refuses a file with.
func refusal<T>(
  _ body: () throws(InputFileError) -> T, sourceLocation: SourceLocation = #_sourceLocation
) -> InputFileError {
  do throws(InputFileError) {
    let value = try body()
    Issue.record("\(value) was read", sourceLocation: sourceLocation)
    return InputFileError("")
  } catch {
    return error
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func time(_ text: String) throws -> Timestamp { try Timestamp(iso8601: text) }
