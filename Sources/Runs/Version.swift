/// The one place that says which version this is.
public let programVersion = "0.1.0"

/// What --version says.
package let programTitle = "pgsessions \(programVersion)"
