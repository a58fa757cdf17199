using Matrix.Bus.Protocol;

namespace Matrix.Bus.Protocol.Tests;

public sealed class RoomVersionTests
{
    [Fact]
    public void Versions_1_to_12_are_known_and_nothing_else()
    {
        Assert.Equal(12, RoomVersion.Known.Count);
        Assert.Null(RoomVersion.Find("13"));
        Assert.Null(RoomVersion.Find(""));
        Assert.Null(RoomVersion.Find(null));
        Assert.Same(RoomVersion.Of(12), RoomVersion.Find("12"));
    }
}
