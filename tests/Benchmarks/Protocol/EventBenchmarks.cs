using BenchmarkDotNet.Attributes;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Benchmarks.Protocol;

/// <summary>The steps that every event of ours or of others takes.</summary>
[MemoryDiagnoser]
public class EventBenchmarks
{
    static readonly RoomVersion Version = RoomVersion.Of(12);

    readonly Room _room = new(Version);
    EventTemplate _message = null!;
    Pdu _built = null!;
    byte[] _unsorted = null!;
    AuthContext _state = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _room.Open(members: 100);
        _message = _room.Message("A message of an ordinary length, as people write them to each other all day long.");
        _built = PduBuilder.Build(_message, Room.Key, Room.Server);
        _unsorted = """{"z":[1,2,3,{"y":"é","x":null}],"type":"m.room.message","content":{"msgtype":"m.text","body":"A message of an ordinary length, as people write them."},"a":true}"""u8.ToArray();
        _state = new AuthContext(Version, _room.Find);
    }

    [Benchmark]
    public byte[] CanonicalJsonOfAnEvent() => CanonicalJson.Encode(_built.Json.Span);

    [Benchmark]
    public byte[] CanonicalJsonOfUnsortedText() => CanonicalJson.Encode(_unsorted);

    [Benchmark]
    public byte[] Sign() => Room.Key.Sign(_built.Json.Span);

    [Benchmark]
    public bool Verify() => EventSignatures.Verify(_built, Room.Server, Room.Key.VerifyKey);

    [Benchmark]
    public Pdu BuildHashAndSign() => PduBuilder.Build(_message, Room.Key, Room.Server);

    [Benchmark]
    public PduReading Read() => PduReader.Read(_built.Json, Version);

    [Benchmark]
    public AuthVerdict Authorise() => AuthRules.Check(_built, _state);
}
