using Matrix.Bus.Clients;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Edus;

public sealed class TypingTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Shape.One)]
    [InlineData(Shape.Split)]
    public async Task Typing_is_seen_ends_by_itself_and_ends_with_membership(Shape shape)
    {
        var deployment = await Deployment.Shared(shape, Cancel);
        using var home = new Homeserver(deployment.BaseUrl);
        var alice = await Somebody(home, deployment, "alice");
        var bob = await Somebody(home, deployment, "bob");
        var room = await alice.Account.CreateRoom("typing", Cancel);
        await bob.Account.Join(room, Cancel);
        await alice.SyncUntil(answer => answer.GetRawText().Contains(bob.UserId, StringComparison.Ordinal) ? "" : null, cancel: Cancel);

        await bob.Type(room, cancel: Cancel);
        Assert.Equal(bob.UserId, await alice.SyncUntil(answer => Person.Typing(answer, room), cancel: Cancel));
        await bob.Type(room, timeout: 500, cancel: Cancel);
        Assert.Equal("", await alice.SyncUntil(answer => Person.Typing(answer, room), cancel: Cancel));
        await bob.Type(room, cancel: Cancel);
        Assert.Equal(bob.UserId, await alice.SyncUntil(answer => Person.Typing(answer, room), cancel: Cancel));
        await bob.Ask(HttpMethod.Post, $"rooms/{Uri.EscapeDataString(room)}/leave", "{}", Cancel);
        Assert.Equal("", await alice.SyncUntil(answer => Person.Typing(answer, room), cancel: Cancel));
    }

    internal static async Task<Person> Somebody(Homeserver home, Deployment deployment, string name) =>
        new(await Account.Register(home, deployment.RegistrationSharedSecret, $"{name}-{Guid.NewGuid():N}", "a good password", Cancel));
}
