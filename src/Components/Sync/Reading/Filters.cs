using System.Collections.Concurrent;
using System.Text;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;

namespace Matrix.Bus.Sync.Reading;

/// <summary>The filter that a request names or carries.</summary>
/// <remarks>A stored filter never changes under its id, so it is kept once read.</remarks>
sealed class Filters(ICalls calls)
{
    const int MaxKept = 10_000;

    readonly ConcurrentDictionary<(string User, string Id), SyncFilter> _kept = new();

    /// <summary>The filter of a <c>filter</c> parameter: nothing, JSON, or an id.</summary>
    /// <exception cref="RefusedException">It is malformed, or there is none of that id.</exception>
    public async Task<SyncFilter> Read(UserId user, string parameter, CancellationToken cancel)
    {
        if (parameter.Length == 0)
            return SyncFilter.None;
        if (parameter[0] == '{')
            return SyncFilter.Read(Encoding.UTF8.GetBytes(parameter));
        if (_kept.TryGetValue((user.Value, parameter), out var kept))
            return kept;

        var stored = await calls.Ask(new QueryFilter { UserId = user, FilterId = parameter }, cancel);
        if (stored.Filter is not { } json)
            throw MatrixError.InvalidParam("There is no filter of that id.").AsException();
        var filter = SyncFilter.Read(json.Utf8.Span);
        if (_kept.Count >= MaxKept)
            _kept.Clear();
        return _kept[(user.Value, parameter)] = filter;
    }
}
