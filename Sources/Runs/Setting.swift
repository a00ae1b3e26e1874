import InputFiles

/// A value, and who says it.
package struct Setting<Value: Sendable & Equatable>: Sendable {
  package enum Source: Sendable, Equatable {
    case option
    /// The variable of this name.
    case environment(String)
    /// This line of the policy file.
    case file(Int)
    case builtIn
  }

  package var value: Value
  package var source: Source

  private init(_ value: Value, _ source: Source) { (self.value, self.source) = (value, source) }

  /// Who goes before whom, of every setting; nil: nobody says it.
  package init?(
    option: Value?, environment: (name: String, value: Value?)? = nil,
    file: PolicyFile.Located<Value>?
  ) {
    if let option {
      self.init(option, .option)
    } else if let environment, let said = environment.value {
      self.init(said, .environment(environment.name))
    } else if let file {
      self.init(file.value, .file(file.line))
    } else {
      return nil
    }
  }

  package init(
    option: Value?, environment: (name: String, value: Value?)? = nil,
    file: PolicyFile.Located<Value>?, builtIn: Value
  ) {
    self =
      Setting(option: option, environment: environment, file: file) ?? Setting(builtIn, .builtIn)
  }

  /// - Parameter value: holds what is built in, and then what holds.
  package static func decide(
    _ value: inout Value, option: Value?, file: PolicyFile.Located<Value>?
  ) {
    value = Setting(option: option, file: file, builtIn: value).value
  }
}
