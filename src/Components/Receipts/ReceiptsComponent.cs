using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Matrix.Bus.Receipts;

/// <summary>
/// Up to where users have read: keeps the newest marker of each user, kind and thread (schema <c>receipts</c>), moves it forwards
/// only, and tells of receipts by a log. The fully read marker is told as account data.
/// </summary>
public sealed class ReceiptsComponent : IComponent
{
    /// <inheritdoc/>
    public static string Name => ComponentNames.Receipts;

    /// <inheritdoc/>
    public static void Register(ComponentBuilder component)
    {
        component.Services.AddSingleton(provider => new LogTable<OutputReceipt>(
            provider.GetRequiredKeyedService<NpgsqlDataSource>(ComponentNames.Receipts),
            "receipts.output",
            provider.GetRequiredService<MatrixBusOptions>().Bus.Partitions,
            provider.GetRequiredService<IAnnounce<OutputReceipt>>()));
        component.Services.AddHostedService<LogTableAnnouncer<OutputReceipt>>();
        component.Services.AddSingleton<Markers>().AddSingleton<ReceiptsInRoom>();
        component
            .Schema("receipts", typeof(ReceiptsComponent).Assembly)
            .Produces<OutputReceipt, LogTable<OutputReceipt>>()
            .Answers<InputReceipts, Done, InputReceiptsHandler>()
            .Answers<QueryRoomReceipts, RoomReceipts, QueryRoomReceiptsHandler>();
    }
}
