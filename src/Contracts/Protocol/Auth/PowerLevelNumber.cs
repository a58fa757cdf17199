using System.Globalization;
using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Reads one power level as the room's version allows: integers, in versions 1 to 9 also their strings, in versions
/// 1 to 5 also floats.</summary>
static class PowerLevelNumber
{
    /// <summary>The largest finite level; one below what creators have.</summary>
    public const long Max = long.MaxValue - 1;

    public static long? Read(RoomVersion version, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => ReadNumber(version, value),
        JsonValueKind.String when !version.IntegerPowerLevelsOnly => ReadText(ContentReader.TextOf(value)),
        _ => null,
    };

    static long? ReadNumber(RoomVersion version, JsonElement value)
    {
        if (value.TryGetInt64(out var integer))
            return Math.Clamp(integer, -Max, Max);
        if (version.StrictCanonicalJson)
            return null;
        // A double beyond a long saturates; what is no finite double at all is refused, as the version says.
        return value.TryGetDouble(out var real) && double.IsFinite(real) ? Saturate(Math.Truncate(real)) : null;
    }

    static long? ReadText(string? text)
    {
        if (text is null)
            return null;
        var number = text.AsSpan().Trim();
        var digits = number is ['-' or '+', ..] ? number[1..] : number;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            return null;
        if (long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            return Math.Clamp(integer, -Max, Max);
        return number[0] == '-' ? -Max : Max;
    }

    static long Saturate(double real) => real >= Max ? Max : real <= -Max ? -Max : (long)real;
}
