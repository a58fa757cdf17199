using Matrix.Bus.Foundation;

namespace Matrix.Bus.Hosts;

/// <summary>Every component there is: the server runs those that configuration names, the tool borrows what it needs.</summary>
public static class AllComponents
{
    /// <summary>A component by name, and how to add it.</summary>
    public sealed record Entry(string Name, Action<IServiceCollection, IConfiguration> Add);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Entry> Entries { get; } =
    [
        Of<ClientApi.ClientApiComponent>(),
        Of<Sync.SyncComponent>(),
        Of<RoomServer.RoomServerComponent>(),
        Of<UserApi.UserApiComponent>(),
        Of<EduServer.EduServerComponent>(),
        Of<Receipts.ReceiptsComponent>(),
    ];

    /// <summary>Those that the configuration names.</summary>
    public static IEnumerable<Entry> Chosen(MatrixBusOptions options) => Entries.Where(entry => options.Runs(entry.Name));

    static Entry Of<TComponent>()
        where TComponent : IComponent =>
        new(TComponent.Name, (services, configuration) => services.AddComponent<TComponent>(configuration));
}
