# Action Cable's adapter for Postgres, without the rest of Rails; obeys until stdin ends. Its session
# is called ActionCable-PID-N, as Action Cable has it.
#
# usage: field_cable.rb HOST PORT USER DATABASE
#
# subscribe ROOM      answered with a line when the server has been told
# unsubscribe ROOM    answered at once: the session tells the server within a second
# heard               the last message that came, or "nothing"
require 'logger'
require 'monitor'
require 'active_record'
require 'action_cable'
require 'action_cable/subscription_adapter/postgresql'

host, port, user, database = ARGV
ActiveRecord::Base.establish_connection(
  adapter: 'postgresql', host: host, port: Integer(port), database: database, username: user,
  pool: 5, sslmode: 'disable', gssencmode: 'disable'
)

# What the adapter asks of Action Cable's server.
class BareServer
  Configuration = Struct.new(:cable)

  attr_reader :mutex, :config, :logger

  def initialize
    @mutex = Monitor.new
    @config = Configuration.new({ channel_prefix: nil })
    @logger = Logger.new($stderr)
  end

  def event_loop = self

  def post(task = nil, &block) = (task || block).call
end

adapter = ActionCable::SubscriptionAdapter::PostgreSQL.new(BareServer.new)
last = 'nothing'
rooms = Hash.new { |known, room| known[room] = ->(message) { last = message } }
told = Queue.new

def say(line)
  puts line
  $stdout.flush
end

say 'ready'
$stdin.each_line do |line|
  word, room = line.split
  case word
  when 'subscribe'
    adapter.subscribe(room, rooms[room], -> { told << true })
    told.pop
    say 'done'
  when 'unsubscribe'
    adapter.unsubscribe(room, rooms[room])
    say 'done'
  when 'heard' then say last
  else abort "no command #{word}"
  end
end
