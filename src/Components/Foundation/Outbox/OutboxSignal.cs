using System.Threading.Channels;

namespace Matrix.Bus.Foundation;

/// <summary>Wakes this host's dispatcher: something was committed.</summary>
sealed class OutboxSignal
{
    readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _set.Writer.TryWrite(true);

    /// <summary>Waits for a signal and takes it back.</summary>
    public async Task Wait(CancellationToken cancel) => await _set.Reader.ReadAsync(cancel);
}
