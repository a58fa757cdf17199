namespace Matrix.Bus.Components.Tests.UserApi;

/// <summary>One server for the tests of a class; each makes its own users.</summary>
public sealed class SharedAccountServer : IAsyncLifetime
{
    public AccountServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await AccountServer.Start();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
