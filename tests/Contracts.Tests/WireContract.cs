using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization;
using Matrix.Bus.Messages;

namespace Matrix.Bus.Contracts.Tests;

/// <summary>Writes down everything that crosses processes, so that a change of it is seen in review.</summary>
static class WireContract
{
    public static string Describe()
    {
        var text = new StringBuilder();
        var types = typeof(ICall<>).Assembly.GetExportedTypes().Where(type => type is { IsInterface: false, IsAbstract: false } && !typeof(Attribute).IsAssignableFrom(type) && !typeof(Exception).IsAssignableFrom(type));
        foreach (var type in types.OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            if (type.IsEnum)
                Enumeration(text, type);
            else
                Record(text, type);
        }
        return text.ToString();
    }

    static void Enumeration(StringBuilder text, Type type)
    {
        text.Append("enum ").AppendLine(Name(type));
        foreach (var value in Enum.GetValues(type))
            text.AppendLine($"  {value} = {Convert.ToInt64(value)}");
        text.AppendLine();
    }

    static void Record(StringBuilder text, Type type)
    {
        text.Append("record ").Append(Name(type));
        foreach (var kind in type.GetInterfaces().Where(IsRole).Select(Name).Order(StringComparer.Ordinal))
            text.Append(" : ").Append(kind);
        if (type.GetCustomAttribute<AnsweredByAttribute>() is { } answered)
            text.Append($" @{answered.Component} {answered.TimeoutSeconds}s");
        if (type.GetCustomAttribute<LogAttribute>() is { } log)
            text.Append($" log {log.Name} of {log.Producer}");
        text.AppendLine();

        var nullability = new NullabilityInfoContext();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            var isRequired = property.GetCustomAttribute<RequiredMemberAttribute>() is not null;
            var isNullable = Nullable.GetUnderlyingType(property.PropertyType) is null && nullability.Create(property).ReadState == NullabilityState.Nullable;
            var isKept = property.GetCustomAttribute<JsonIgnoreAttribute>() is null;
            text.AppendLine($"  {(isRequired ? "required " : "")}{property.Name}: {Name(property.PropertyType)}{(isNullable ? "?" : "")}{(property.CanWrite ? "" : " (computed)")}{(isKept ? "" : " (not sent)")}");
        }
        text.AppendLine();
    }

    static bool IsRole(Type type) =>
        type == typeof(ILogEntry) || type == typeof(IBroadcast) || type == typeof(IRoomCall)
        || (type.IsGenericType && type.GetGenericTypeDefinition() is var open && (open == typeof(IQuery<>) || open == typeof(IPerform<>)));

    static string Name(Type type)
    {
        if (type.IsGenericParameter)
            return type.Name;
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Name(underlying) + "?";
        if (!type.IsGenericType)
            return type.Namespace?.StartsWith("Matrix.Bus.Messages", StringComparison.Ordinal) == true ? type.FullName!["Matrix.Bus.".Length..] : type.Name;
        return $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
