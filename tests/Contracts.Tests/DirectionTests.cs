using System.Reflection;
using System.Xml.Linq;
using Matrix.Bus.Foundation;
using Matrix.Bus.Harness;

namespace Matrix.Bus.Contracts.Tests;

/// <summary>Protocol ← Messages ← Foundation ← component ← host; never sideways.</summary>
public sealed class DirectionTests
{
    static readonly string Sources = Path.Combine(Repository.Root, "src");

    [Fact]
    public void The_protocol_stands_on_nothing() => Assert.Empty(References("Contracts/Protocol/Protocol.csproj"));

    [Fact]
    public void The_protocol_uses_no_package()
    {
        var project = XDocument.Load(Path.Combine(Sources, "Contracts/Protocol/Protocol.csproj"));
        Assert.Empty(project.Descendants("PackageReference"));
        Assert.Empty(project.Descendants("FrameworkReference"));
    }

    [Fact]
    public void Messages_stand_on_the_protocol_alone() => Assert.Equal(["Protocol"], References("Contracts/Messages/Messages.csproj"));

    [Fact]
    public void Foundation_stands_on_contracts_alone() => Assert.Equal(["Messages", "Protocol"], References("Components/Foundation/Foundation.csproj"));

    [Theory, MemberData(nameof(Components))]
    public void A_component_stands_on_no_other_component(string component)
    {
        // What every component stands on comes from Directory.Build.props; a reference of its own would be sideways.
        Assert.Empty(References($"Components/{component}/{component}.csproj"));
        var others = Assembly.Load($"Matrix.Bus.{component}").GetReferencedAssemblies()
            .Select(assembly => assembly.Name!)
            .Where(name => name.StartsWith("Matrix.Bus.", StringComparison.Ordinal))
            .Except(["Matrix.Bus.Foundation", "Matrix.Bus.Messages", "Matrix.Bus.Protocol"]);
        Assert.Empty(others);
    }

    [Theory, MemberData(nameof(Components))]
    public void A_component_has_one_front_door(string component)
    {
        var doors = Assembly.Load($"Matrix.Bus.{component}").GetExportedTypes().Where(type => typeof(IComponent).IsAssignableFrom(type)).ToList();
        Assert.Equal([$"{component}Component"], doors.Select(door => door.Name));
    }

    [Theory, MemberData(nameof(Components))]
    public void A_component_reads_no_schema_but_its_own(string component)
    {
        var schemas = Components().Select(row => row.Data).ToDictionary(name => name, Schema);
        var foreign = schemas.Where(each => each.Key != component && each.Value is not null).Select(each => each.Value!).ToList();
        var storage = Path.Combine(Sources, "Components", component, "Storage");
        foreach (var file in Directory.Exists(storage) ? Directory.EnumerateFiles(storage, "*.*", SearchOption.AllDirectories) : [])
        {
            var text = File.ReadAllText(file);
            foreach (var schema in foreign)
            {
                foreach (var verb in (string[])["FROM ", "JOIN ", "INTO ", "UPDATE ", "TRUNCATE "])
                    Assert.False(text.Contains($"{verb}{schema}.", StringComparison.Ordinal), $"{Path.GetFileName(file)} reaches into the schema '{schema}'.");
            }
        }
    }

    /// <summary>Every component by name.</summary>
    public static IEnumerable<TheoryDataRow<string>> Components() =>
        Directory.EnumerateDirectories(Path.Combine(Sources, "Components"))
            .Select(directory => Path.GetFileName(directory)!)
            .Where(name => name != "Foundation" && File.Exists(Path.Combine(Sources, "Components", name, $"{name}Component.cs")))
            .Select(name => new TheoryDataRow<string>(name));

    static string? Schema(string component)
    {
        var door = File.ReadAllText(Path.Combine(Sources, "Components", component, $"{component}Component.cs"));
        var at = door.IndexOf(".Schema(\"", StringComparison.Ordinal);
        return at < 0 ? null : door[(at + 9)..door.IndexOf('"', at + 9)];
    }

    static string[] References(string project) =>
    [
        .. XDocument.Load(Path.Combine(Sources, project)).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
            .Order(StringComparer.Ordinal),
    ];
}
