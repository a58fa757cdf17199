namespace Matrix.Bus.Components.Tests.UserApi;

/// <summary>The real clock, moved on when a test says so.</summary>
sealed class MovableClock : TimeProvider
{
    TimeSpan _moved;

    public void Move(TimeSpan by) => _moved += by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _moved;

    public override long GetTimestamp() => base.GetTimestamp() + (long)(_moved.TotalSeconds * TimestampFrequency);
}
