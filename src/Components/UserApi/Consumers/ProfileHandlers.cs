using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Answers a profile.</summary>
sealed class QueryProfileHandler(Profiles profiles) : ICallHandler<QueryProfile, Profile>
{
    public async Task<Profile> Handle(QueryProfile call, CancellationToken cancel) =>
        await profiles.Find(call.UserId, cancel) is { } fields
            ? new Profile { Fields = fields }
            : throw new RefusedException(404, "M_NOT_FOUND", $"There is no user {call.UserId}.");
}

/// <summary>Changes a profile field.</summary>
sealed class PerformProfileUpdateHandler(Profiles profiles, RoomFollowUp rooms) : ICallHandler<PerformProfileUpdate, Done>
{
    public async Task<Done> Handle(PerformProfileUpdate call, CancellationToken cancel)
    {
        ProfileRules.CheckKey(call.Field);
        var value = call.Value is { } given ? ProfileRules.Value(call.Field, given) : null;
        if (await profiles.Change(call.UserId, call.Field, value, cancel))
            rooms.Wake();
        return Done.It;
    }
}

/// <summary>Searches profiles.</summary>
sealed class SearchProfilesHandler(ProfileSearch search) : ICallHandler<SearchProfiles, FoundProfiles>
{
    const int MaxResults = 50;

    public Task<FoundProfiles> Handle(SearchProfiles call, CancellationToken cancel) =>
        search.Find(call.Term, Math.Clamp(call.Limit, 0, MaxResults), cancel);
}
