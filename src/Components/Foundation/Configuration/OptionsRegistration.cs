using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Foundation;

/// <summary>Reads, checks and registers the settings.</summary>
public static class OptionsRegistration
{
    /// <summary>Registers <see cref="MatrixBusOptions"/> and each of its groups as singletons.</summary>
    /// <exception cref="ConfigurationException">A key is unknown or a value cannot be used; says all that is wrong.</exception>
    public static IServiceCollection AddMatrixBusOptions(this IServiceCollection services, IConfiguration configuration)
    {
        var options = ReadMatrixBusOptions(configuration);
        services.AddSingleton(options);
        services.AddSingleton(options.Bus);
        services.AddSingleton(options.Bus.RabbitMq);
        services.AddSingleton(options.Database);
        services.AddSingleton(options.Registration);
        services.AddSingleton(options.Federation);
        services.AddSingleton(options.RateLimits);
        services.AddSingleton(options.AppServices);
        services.AddSingleton(options.Passwords);
        services.AddSingleton(options.Console);
        services.AddSingleton(options.Rooms);
        services.AddSingleton(options.Telemetry);
        return services;
    }

    /// <summary>The settings, for a host that needs them before it has a container.</summary>
    /// <exception cref="ConfigurationException">A key is unknown or a value cannot be used; says all that is wrong.</exception>
    public static MatrixBusOptions ReadMatrixBusOptions(this IConfiguration configuration)
    {
        var options = new MatrixBusOptions();
        var reader = new OptionsReader();
        reader.Fill(options, configuration.GetSection(MatrixBusOptions.Section), MatrixBusOptions.Section);
        // "all" is how people say it; no names is how we keep it.
        if (options.Components.Contains("all", StringComparer.OrdinalIgnoreCase))
            options.Components.Clear();

        var errors = Misplaced(configuration).Concat(reader.Errors).Concat(new OptionsRules(options).Check()).ToList();
        if (errors.Count > 0)
            throw new ConfigurationException(errors);

        if (options.Listeners.Count == 0)
            options.Listeners.Add(new ListenerOptions { Url = "http://127.0.0.1:8008", Apis = [.. Enum.GetValues<ApiKind>()] });
        foreach (var listener in options.Listeners.Where(listener => listener.Apis.Count == 0))
            listener.Apis = [ApiKind.Client, ApiKind.Federation, ApiKind.Media];
        return options;
    }

    /// <summary>Our keys where nobody would read them. Only what cannot be another program's: the environment holds anything.</summary>
    static IEnumerable<ConfigurationError> Misplaced(IConfiguration configuration)
    {
        foreach (var section in configuration.GetChildren().Where(each => !Is(each.Key, MatrixBusOptions.Section) && each.GetChildren().Any()))
        {
            if (Spelling.Distance(section.Key.ToUpperInvariant(), MatrixBusOptions.Section.ToUpperInvariant()) <= 2)
                yield return new(section.Key, "there is no such section.", $"Did you mean {MatrixBusOptions.Section}?");
        }

        var keys = OptionsReader.Keys(typeof(MatrixBusOptions)).Select(property => property.Name).ToList();
        foreach (var arguments in (configuration as IConfigurationRoot)?.Providers.OfType<CommandLineConfigurationProvider>() ?? [])
        {
            foreach (var key in arguments.GetChildKeys([], null).Where(key => keys.Exists(known => Is(known, key))).Distinct())
                yield return new(key, "this argument lacks its section.", $"Did you mean --{MatrixBusOptions.Section}:{keys.Find(known => Is(known, key))}?");
        }
    }

    static bool Is(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}
