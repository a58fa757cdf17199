using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer.Tests;

/// <summary>Stands in for UserApi: everybody exists, and nobody has a name.</summary>
sealed class NoProfiles : ICallHandler<QueryProfile, Profile>
{
    public static void Register(ComponentBuilder component) => component.Answers<QueryProfile, Profile, NoProfiles>();

    public Task<Profile> Handle(QueryProfile call, CancellationToken cancel) =>
        Task.FromResult(new Profile { Fields = new Dictionary<string, RawJson>() });
}
