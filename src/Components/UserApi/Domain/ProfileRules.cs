using System.Buffers;
using System.Text;
using System.Text.Json;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>What may stand in a profile (client-server API, "Profiles").</summary>
static class ProfileRules
{
    public const string DisplayName = "displayname";
    public const string AvatarUrl = "avatar_url";

    const int MaxKeyBytes = 255;
    const int MaxProfileBytes = 64 * 1024;
    const int MaxDisplayName = 256;
    const int MaxAvatarUrl = 1000;

    static readonly SearchValues<char> KeyCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Whether rooms show the field.</summary>
    public static bool IsShownInRooms(string field) => field is DisplayName or AvatarUrl;

    /// <exception cref="RefusedException">M_KEY_TOO_LARGE, M_INVALID_PARAM.</exception>
    public static void CheckKey(string key)
    {
        if (Encoding.UTF8.GetByteCount(key) > MaxKeyBytes)
            throw new RefusedException(400, "M_KEY_TOO_LARGE", $"The name of a profile field has at most {MaxKeyBytes} bytes.");
        if (key.Length == 0 || !char.IsAsciiLetterLower(key[0]) || key.AsSpan().ContainsAnyExcept(KeyCharacters))
            throw new RefusedException(400, "M_INVALID_PARAM", "The name of a profile field begins with a-z and goes on with a-z, 0-9 and . _ -");
    }

    /// <summary>The value to store; null where it means to have none (an empty or null display name or avatar).</summary>
    /// <exception cref="RefusedException">M_INVALID_PARAM for a value that the field cannot have.</exception>
    public static RawJson? Value(string key, RawJson value)
    {
        if (key is not (DisplayName or AvatarUrl or "m.tz"))
            return value;
        var json = value.Parse();
        if (json.ValueKind == JsonValueKind.Null && key != "m.tz")
            return null;
        if (json.ValueKind != JsonValueKind.String)
            throw new RefusedException(400, "M_INVALID_PARAM", $"{key} is a text.");
        var text = json.GetString()!;
        if (text.Contains('\0'))
            throw new RefusedException(400, "M_INVALID_PARAM", $"{key} holds a character that cannot be stored.");
        if (text.Length > (key == AvatarUrl ? MaxAvatarUrl : MaxDisplayName))
            throw new RefusedException(400, "M_INVALID_PARAM", $"{key} is too long.");
        if (text.Length == 0 && key != "m.tz")
            return null;
        return key == AvatarUrl && !text.StartsWith("mxc://", StringComparison.Ordinal)
            ? throw new RefusedException(400, "M_INVALID_PARAM", "avatar_url is an mxc:// address.")
            : value;
    }

    /// <exception cref="RefusedException">M_PROFILE_TOO_LARGE.</exception>
    public static void CheckSize(IEnumerable<(string Key, RawJson Value)> fields)
    {
        // As the object would be written: quotes, colon and comma for each field.
        if (fields.Sum(field => (long)field.Key.Length + field.Value.Utf8.Length + 4) + 2 >= MaxProfileBytes)
            throw new RefusedException(400, "M_PROFILE_TOO_LARGE", "The profile would be 64 KiB or larger.");
    }
}
