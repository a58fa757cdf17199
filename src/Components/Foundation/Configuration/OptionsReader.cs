using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Matrix.Bus.Foundation;

/// <summary>Fills options from configuration and collects every error. The framework's binder stops at the first one, adds to a
/// list's defaults, and keeps silent about keys it does not know.</summary>
sealed class OptionsReader
{
    readonly List<ConfigurationError> _errors = [];

    public IReadOnlyList<ConfigurationError> Errors => _errors;

    /// <summary>The properties that are keys.</summary>
    public static IEnumerable<PropertyInfo> Keys(Type options) =>
        options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod?.IsPublic == true);

    public void Fill(object options, IConfiguration section, string path)
    {
        var keys = Keys(options.GetType()).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            var key = $"{path}:{child.Key}";
            if (!keys.TryGetValue(child.Key, out var property))
            {
                var meant = Spelling.Nearest(child.Key, keys.Keys);
                _errors.Add(new(key, "there is no such key.", meant is null
                    ? $"Known here: {string.Join(", ", keys.Keys.Order(StringComparer.Ordinal))}."
                    : $"Did you mean {path}:{meant}?"));
                continue;
            }
            Set(options, property, child, $"{path}:{property.Name}");
        }
    }

    void Set(object options, PropertyInfo property, IConfigurationSection section, string key)
    {
        var type = property.PropertyType;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IList<>))
            property.SetValue(options, List(type.GetGenericArguments()[0], section, key));
        else if (type == typeof(IDictionary<string, string>))
            Entries((IDictionary<string, string>)property.GetValue(options)!, section, key);
        else if (IsGroup(type))
            Group(property.GetValue(options)!, section, key);
        else if (Value(type, section, key) is { } value)
            property.SetValue(options, value);
    }

    static bool IsGroup(Type type) => type.IsClass && type != typeof(string);

    void Group(object options, IConfigurationSection section, string key)
    {
        if (!string.IsNullOrEmpty(section.Value))
            _errors.Add(new(key, "is a group of keys, not a value.", $"Known here: {string.Join(", ", Keys(options.GetType()).Select(each => each.Name))}."));
        Fill(options, section, key);
    }

    void Entries(IDictionary<string, string> entries, IConfigurationSection section, string key)
    {
        foreach (var child in section.GetChildren())
        {
            if (Value(typeof(string), child, $"{key}:{child.Key}") is string text)
                entries[child.Key] = text;
        }
    }

    /// <summary>Elements by index, as files give them, or one text with commas, as environment variables are written.</summary>
    IList List(Type element, IConfigurationSection section, string key)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
        if (!string.IsNullOrWhiteSpace(section.Value))
        {
            if (IsGroup(element))
            {
                _errors.Add(new(key, "is a list of groups.", $"Write {key}:0:{Keys(element).First().Name} and so on."));
                return list;
            }
            foreach (var text in section.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (Convert(element, text, key) is { } value)
                    list.Add(value);
            }
        }
        foreach (var child in section.GetChildren().OrderBy(child => int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : int.MaxValue))
        {
            var childKey = $"{key}:{child.Key}";
            if (!int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                _errors.Add(new(childKey, "is not a position in the list.", $"Write {key}:0, {key}:1 and so on."));
            }
            else if (IsGroup(element))
            {
                var item = Activator.CreateInstance(element)!;
                Group(item, child, childKey);
                list.Add(item);
            }
            else if (Value(element, child, childKey) is { } value)
            {
                list.Add(value);
            }
        }
        return list;
    }

    /// <summary>Null when nothing was written: an empty environment variable means "not set".</summary>
    object? Value(Type type, IConfigurationSection section, string key)
    {
        if (section.GetChildren().FirstOrDefault() is { } child)
        {
            _errors.Add(new($"{key}:{child.Key}", "there is no such key.", $"{key} is a single value."));
            return null;
        }
        return string.IsNullOrWhiteSpace(section.Value) ? null : Convert(type, section.Value, key);
    }

    object? Convert(Type type, string text, string key)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return text;
        if (type == typeof(bool))
            return bool.TryParse(text, out var flag) ? flag : Wrong(key, text, "Write true or false.");
        if (type.IsEnum)
            return Named(type, text, key);
        try
        {
            return System.Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            return Wrong(key, text, type == typeof(double) ? "Write a number such as 0.5." : $"Write a whole number up to {type.GetField("MaxValue")?.GetValue(null)}.");
        }
    }

    object? Named(Type type, string text, string key)
    {
        var names = Enum.GetNames(type);
        if (names.FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } exact)
            return Enum.Parse(type, exact);
        var meant = Spelling.Nearest(text, names);
        return Wrong(key, text, meant is null ? $"One of {string.Join(", ", names)}." : $"Did you mean {meant}?");
    }

    object? Wrong(string key, string text, string suggestion)
    {
        _errors.Add(new(key, $"'{text}' cannot be used.", suggestion));
        return null;
    }
}
