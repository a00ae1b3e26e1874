import TestSupport
import Testing

@testable import OperatingSystem

struct PipeTests {
  @Test func bringsBytesAndItsEnd() throws {
    let pipe = try Pipe()
    #expect(!pipe.reader.isReady(within: .zero))
    pipe.writer.wake()
    #expect(pipe.reader.isReady(within: .seconds(5)) && pipe.reader.read() == [1])
    pipe.writer.close()
    // A second time closes nobody else's.
    pipe.writer.close()
    #expect(pipe.reader.read() == [] && !pipe.reader.isOpen && !pipe.writer.isOpen)
  }

  @Test func wakesWhoeverWaits() throws {
    let pipe = try Pipe()
    let writer = pipe.writer
    let waker = Background {
      _ = Interruption.sleep(.milliseconds(50), or: nil)
      writer.wake()
    }
    let interruption = Interruption(descriptor: pipe.reader.descriptor)
    #expect(!interruption.isRaised)
    #expect(!Interruption.sleep(.seconds(20), or: interruption))
    #expect(interruption.isRaised)
    try waker.value()
  }
}
