import TestRandom
import TestSoak
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A simulated week with the job running, and the same without it.
@main
enum Entrypoint {
  static func main() {
    do {
      exit(try run(CommandLine.arguments.dropFirst()) ? 0 : 1)
    } catch {
      let line = Array("soak: \(error)\n".utf8)
      _ = write(2, line, line.count)
      exit(1)
    }
  }

  /// - Returns: whether all that was left was ended in time, and nothing else.
  private static func run(_ arguments: ArraySlice<String>) throws -> Bool {
    var (executable, seed) = (String?.none, UInt64.random(in: .min ... .max))
    var form = SoakForm.long
    var rest = arguments
    while let option = rest.popFirst() {
      switch (option, rest.popFirst()) {
      case ("--executable", let path?): executable = path
      case ("--seed", let text?): seed = try UInt64(text) ?? { throw usage }()
      case ("--days", let text?): form.days = try Int(text) ?? { throw usage }()
      default: throw usage
      }
    }
    let program = try executable ?? Build.executable("pgsessions")
    say(
      "soak: seed \(seed); \(form.days) days, each in \(form.day), by --restart-grace \(form.grace) "
        + "--stale-after \(form.stale) --clock-tolerance \(form.tolerance); the job runs every "
        + "\(form.interval)")
    let control = try SoakRun(form, executable: nil, seed: seed).run()
    say("\(control)")
    let week = try SoakRun(form, executable: program, seed: seed).run()
    say("\(week)\n\n\(week.table(control: control))\n")
    if !week.isClean { say(week.failures) }
    let isTelling = control.ranOut != nil && control.complaints.isEmpty
    if !isTelling { say("control: the server never ran out of slots\n\(control.failures)") }
    say("soak: \(week.isClean && isTelling ? "as promised" : "failed, see above")")
    return week.isClean && isTelling
  }

  private static let usage = SupportError("usage: soak [--executable PATH] [--seed N] [--days N]")

  private static func say(_ text: String) {
    print(text)
    fflush(nil)  // minutes pass until the next line
  }
}
