import Commands

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@main
enum Entrypoint {
  static func main() {
    exit(PgsessionsCommand.run(commandLine: CommandLine.arguments))
  }
}
