#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Lets several simulated hosts ("dynos") connect to one Postgres server, each from a loopback
/// address of its own, and vanish as a host does that dies: without a FIN to the server.
/// Needs no rights on Linux, where all of 127.0.0.0/8 is this machine. Elsewhere the addresses
/// have to be made first (macOS: `ifconfig lo0 alias 127.0.0.2`).
///
/// Reads commands from standard input and answers each with one line:
/// - `open ADDRESS`: `port PORT`, where that dyno's clients connect to
/// - `vanish PORT`: `vanished N`, the number of sockets that the server now takes for clients
/// - `close PORT`: `closed N`, after an orderly end of all its connections
/// - `count PORT`: `count CLIENTS SERVERSIDES`
/// - `quit`, or the end of standard input: all is closed
@main
enum Entrypoint {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, arguments[1] == "--upstream",
      let upstream = SocketAddress(arguments[2])
    else {
      Socket.writeLine(2, "usage: dyno-relay --upstream ADDRESS:PORT")
      exit(64)
    }
    signal(SIGPIPE, SIG_IGN)
    var relay = RelayLoop(upstream: upstream)
    relay.run()
  }
}
