using Matrix.Bus.Harness;
using Matrix.Bus.Messages;

namespace Matrix.Bus.Contracts.Tests;

/// <summary>What processes of different builds say to each other changes on purpose or not at all.</summary>
public sealed class WireContractTests
{
    static readonly string Approved = Path.Combine(Repository.Root, "tests/Contracts.Tests/Approved/Messages.txt");

    [Fact]
    public void The_wire_contract_is_the_approved_one()
    {
        var now = WireContract.Describe();
        if (Environment.GetEnvironmentVariable("APPROVE") == "1")
            File.WriteAllText(Approved, now);

        Assert.True(
            now == File.ReadAllText(Approved),
            $"""
            The contracts in src/Contracts/Messages are not those in {Path.GetRelativePath(Repository.Root, Approved)}.
            If the change is meant, and a process of the last build can live with it (new properties optional, no name or
            number changed), approve it: APPROVE=1 dotnet run --project tests/Contracts.Tests
            First difference: {FirstDifference(File.ReadAllText(Approved), now)}
            """);
    }

    [Fact]
    public void Every_call_says_who_answers_it()
    {
        var silent = typeof(ICall<>).Assembly.GetExportedTypes()
            .Where(type => type is { IsAbstract: false, IsInterface: false } && type != typeof(QueryLog)
                && type.GetInterfaces().Any(each => each.IsGenericType && each.GetGenericTypeDefinition() == typeof(ICall<>))
                && type.GetCustomAttributes(typeof(AnsweredByAttribute), inherit: false).Length == 0)
            .Select(type => type.Name);
        Assert.Empty(silent);
    }

    [Fact]
    public void No_property_is_one_that_the_bus_takes_for_a_correlation_id()
    {
        var taken = typeof(ICall<>).Assembly.GetExportedTypes()
            .SelectMany(type => type.GetProperties())
            .Where(property => property.Name is "CorrelationId" or "EventId" or "CommandId"
                && (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) == typeof(Guid))
            .Select(property => $"{property.DeclaringType!.Name}.{property.Name}");
        Assert.Empty(taken);
    }

    static string FirstDifference(string approved, string now)
    {
        string[] was = approved.Split('\n'), @is = now.Split('\n');
        for (var line = 0; line < Math.Max(was.Length, @is.Length); line++)
        {
            if (was.ElementAtOrDefault(line) != @is.ElementAtOrDefault(line))
                return $"line {line + 1}: was '{was.ElementAtOrDefault(line)}', is '{@is.ElementAtOrDefault(line)}'";
        }
        return "none";
    }
}
