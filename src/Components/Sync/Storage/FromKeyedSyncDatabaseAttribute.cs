using Matrix.Bus.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Sync.Storage;

/// <summary>The pool of Sync's database.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
sealed class FromKeyedSyncDatabaseAttribute() : FromKeyedServicesAttribute(ComponentNames.Sync);
