namespace Matrix.Bus.UserApi;

/// <summary>What holds for every device.</summary>
static class Devices
{
    const int MaxDisplayName = 256;

    /// <summary>A display name of bounded length that PostgreSQL can hold.</summary>
    public static string? Shortened(string? displayName)
    {
        var clean = displayName?.Replace("\0", "", StringComparison.Ordinal);
        return clean?.Length > MaxDisplayName ? clean[..MaxDisplayName] : clean;
    }
}
