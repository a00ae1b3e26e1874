import TestStress
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Looks for a live session that `pgsessions terminate` ends, in the long form.
@main
enum Entrypoint {
  static func main() {
    do {
      exit(try run(executable(CommandLine.arguments.dropFirst())) ? 0 : 1)
    } catch {
      let line = Array("stress: \(error)\n".utf8)
      _ = write(2, line, line.count)
      exit(1)
    }
  }

  private static func executable(_ arguments: ArraySlice<String>) throws -> String {
    if arguments.isEmpty { return try Build.executable("pgsessions") }
    guard arguments.count == 2, arguments.first == "--executable", let path = arguments.last else {
      throw SupportError("usage: stress [--executable PATH]")
    }
    return path
  }

  /// - Returns: whether no live session was ended, and the sweeper that does end such was found
  ///   guilty.
  private static func run(_ executable: String) throws -> Bool {
    let plain = try StressRun("stress", .long, .program(executable)).run()
    show(plain)
    let reconnecting = try StressRun(
      "stress, reconnecting", .long, .program(executable), reconnecting: true
    ).run()
    show(reconnecting)
    var form = StressForm.long
    form.atLeast = .seconds(15)
    (form.flips, form.sweeps) = (0, 1)
    let control = try StressRun("control", form, .firstPicture, endsAtFirstFailure: true).run()
    print(control)
    let isCaught = !control.liveEnded.isEmpty
    if !isCaught { print("control: a sweep that ends live sessions was not found guilty") }
    let isClean = plain.isClean && reconnecting.isClean
    print("stress: \(isClean ? "no live session was ended" : "failed, see above")")
    return isClean && isCaught
  }

  private static func show(_ result: StressResult) {
    print(result)
    if !result.isClean { print(result.complaints) }
    fflush(nil)  // a minute passes until the next line
  }
}
