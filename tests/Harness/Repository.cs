using System.Reflection;

namespace Matrix.Bus.Harness;

/// <summary>Where the tree is that these tests were built from.</summary>
public static class Repository
{
    static readonly Dictionary<string, string?> Facts = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Where(fact => fact.Key is "RepositoryRoot" or "Configuration")
        .ToDictionary(fact => fact.Key, fact => fact.Value);

    /// <summary>The top directory of the repository.</summary>
    public static string Root { get; } = Facts["RepositoryRoot"]!;

    /// <summary>The build configuration of the tests, and so of the server beside them.</summary>
    public static string Configuration { get; } = Facts["Configuration"]!;

    /// <summary>The built server; <c>MATRIX_BUS_SERVER</c> names another.</summary>
    public static string Server => Environment.GetEnvironmentVariable("MATRIX_BUS_SERVER")
        ?? Path.Combine(Root, "src/Hosts/Server/bin", Configuration, "net10.0/matrix-bus.dll");
}
