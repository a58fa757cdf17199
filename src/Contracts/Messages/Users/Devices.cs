using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages.Users;

/// <summary>A user's devices.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record QueryDevices : IQuery<UserDevices>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>One of them; null for all.</summary>
    public string? DeviceId { get; init; }
}

/// <summary>Devices, in order of their ids.</summary>
public sealed record UserDevices
{
    /// <summary>The devices.</summary>
    public required IReadOnlyList<Device> Devices { get; init; }
}

/// <summary>A device.</summary>
public sealed record Device
{
    /// <summary>Its id.</summary>
    public required string DeviceId { get; init; }

    /// <summary>What its user calls it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>When it was last seen, roughly.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>From where.</summary>
    public string? LastSeenAddress { get; init; }
}

/// <summary>Renames a device. Refused with M_NOT_FOUND if there is none.</summary>
[AnsweredBy(ComponentNames.UserApi)]
public sealed record PerformDeviceUpdate : IPerform<Done>
{
    /// <summary>Whose.</summary>
    public required UserId UserId { get; init; }

    /// <summary>Which.</summary>
    public required string DeviceId { get; init; }

    /// <summary>The new name; null leaves it.</summary>
    public string? DisplayName { get; init; }
}
