namespace Matrix.Bus.Clients;

/// <summary>The body of one response at a time, in memory that is used again for the next.</summary>
public sealed class ResponseBuffer
{
    byte[] _bytes = new byte[4096];
    int _length;

    /// <summary>The body read last.</summary>
    public ReadOnlySpan<byte> Body => _bytes.AsSpan(0, _length);

    /// <summary>The same, for those who keep it over an await; valid until the next read.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, _length);

    internal async Task Fill(HttpContent content, CancellationToken cancel)
    {
        _length = 0;
        await using var stream = await content.ReadAsStreamAsync(cancel);
        while (true)
        {
            if (_length == _bytes.Length)
                Array.Resize(ref _bytes, _bytes.Length * 2);
            var read = await stream.ReadAsync(_bytes.AsMemory(_length), cancel);
            if (read == 0)
                return;
            _length += read;
        }
    }
}
