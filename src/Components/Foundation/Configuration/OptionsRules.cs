using System.Net;
using System.Reflection;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Npgsql;

namespace Matrix.Bus.Foundation;

/// <summary>What must hold between and inside the settings, beyond their types.</summary>
sealed class OptionsRules(MatrixBusOptions options)
{
    static readonly string[] KnownComponents =
        [.. typeof(ComponentNames).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!)];

    readonly List<ConfigurationError> _errors = [];

    public IReadOnlyList<ConfigurationError> Check()
    {
        Server();
        Listeners();
        Bus();
        Database();
        Federation();
        Others();
        return _errors;
    }

    void Server()
    {
        if (!ServerName.TryParse(options.ServerName, out _))
            Wrong("ServerName", $"'{options.ServerName}' is not a server name.", "Write a host name with an optional port, without a scheme: example.org or example.org:8448.");
        foreach (var name in options.Components.Where(name => !KnownComponents.Contains(name, StringComparer.OrdinalIgnoreCase)))
            Wrong("Components", $"there is no component '{name}'.", Guess(name));
        if (options.AppServices.Directory is { } directory && !Directory.Exists(directory))
            Wrong("AppServices:Directory", $"there is no directory '{directory}'.", "Make it, or leave the key out.");
    }

    void Listeners()
    {
        for (var i = 0; i < options.Listeners.Count; i++)
        {
            var listener = options.Listeners[i];
            var key = $"Listeners:{i}";
            if (listener.Parsed is not { } uri || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.PathAndQuery != "/")
            {
                Wrong($"{key}:Url", $"'{listener.Url}' is not an address to listen on.", "Write http://127.0.0.1:8008 or https://*:8448.");
                continue;
            }
            var tls = uri.Scheme == Uri.UriSchemeHttps;
            if (!tls && (listener.CertificatePath ?? listener.KeyPath) is not null)
                Wrong($"{key}:Url", "a certificate goes with an https address.", $"Write https{listener.Url[uri.Scheme.Length..]}, or leave CertificatePath and KeyPath out.");
            if (tls)
            {
                MustExist($"{key}:CertificatePath", listener.CertificatePath, "An https address needs a certificate");
                MustExist($"{key}:KeyPath", listener.KeyPath, "An https address needs the certificate's key");
            }
        }
        foreach (var twice in options.Listeners.GroupBy(listener => listener.Url, StringComparer.OrdinalIgnoreCase).Where(group => group.Key.Length > 0 && group.Count() > 1))
            Wrong("Listeners", $"'{twice.Key}' is listed {twice.Count()} times.", "Put its Apis into one entry.");
    }

    void Bus()
    {
        if (options.Bus.Partitions is < 1 or > 1024)
            Wrong("Bus:Partitions", $"{options.Bus.Partitions} is out of range.", "Write 1 to 1024; 16 suits up to 16 hosts.");
        if (options.Bus.Transport == BusTransport.InMemory)
        {
            if (options.Components.Count > 0 && !KnownComponents.All(options.Runs))
                Wrong("Components", "the in-memory bus cannot reach components in other processes.", "Leave Components out, or set MatrixBus:Bus:Transport to RabbitMq.");
            return;
        }

        var rabbit = options.Bus.RabbitMq;
        Required("Bus:RabbitMq:Host", rabbit.Host);
        Required("Bus:RabbitMq:Username", rabbit.Username);
        Required("Bus:RabbitMq:Password", rabbit.Password);
        if (rabbit.Port == 0)
            Wrong("Bus:RabbitMq:Port", "0 is no port.", "Leave it out for 5672, or 5671 with TLS.");
        if (rabbit.Prefix.Length == 0 || !rabbit.Prefix.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
            Wrong("Bus:RabbitMq:Prefix", $"'{rabbit.Prefix}' cannot begin a queue's name.", "Use letters, digits, '-', '_' and '.'.");
        if (string.IsNullOrEmpty(options.Database.ConnectionString))
            Wrong("Database:ConnectionString", "processes that share a broker must share a database, and the embedded one belongs to one process.", "Name a PostgreSQL, such as Host=db;Username=matrix;Password=…;Database=matrix.");
    }

    void Database()
    {
        ConnectionString("Database:ConnectionString", options.Database.ConnectionString);
        foreach (var (component, text) in options.Database.Components)
        {
            if (!KnownComponents.Contains(component, StringComparer.OrdinalIgnoreCase))
                Wrong($"Database:Components:{component}", $"there is no component '{component}'.", Guess(component));
            ConnectionString($"Database:Components:{component}", text);
        }
    }

    void ConnectionString(string key, string? text)
    {
        if (text is null)
            return;
        try
        {
            if (string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host))
                Wrong(key, "it names no Host.", "Write Host=…;Username=…;Database=….");
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
        {
            // The exception's text may quote a value, and one of the values is a password.
            Wrong(key, "it is not a connection string of PostgreSQL.", "Write Host=…;Username=…;Password=…;Database=….");
        }
    }

    void Federation()
    {
        Networks("AllowedNetworks", options.Federation.AllowedNetworks);
        Networks("DeniedNetworks", options.Federation.DeniedNetworks);
        for (var i = 0; i < options.Federation.TrustedCertificateAuthorities.Count; i++)
            MustExist($"Federation:TrustedCertificateAuthorities:{i}", options.Federation.TrustedCertificateAuthorities[i], "A certificate authority is a PEM file");
        foreach (var server in options.Federation.KeyServers.Where(server => !ServerName.TryParse(server, out _)))
            Wrong("Federation:KeyServers", $"'{server}' is not a server name.", "Write it as in a user id: matrix.org.");
    }

    void Networks(string key, IEnumerable<string> networks)
    {
        foreach (var network in networks.Where(network => !IPNetwork.TryParse(network, out _)))
            Wrong($"Federation:{key}", $"'{network}' is not a network.", "Write 10.1.0.0/16; a single address is /32, or /128 for IPv6.");
    }

    void Others()
    {
        foreach (var proxy in options.TrustedProxies.Where(proxy => !IPNetwork.TryParse(proxy, out _) && !IPAddress.TryParse(proxy, out _)))
            Wrong("TrustedProxies", $"'{proxy}' is neither an address nor a network.", "Write 127.0.0.1 or 10.1.0.0/16.");
        if (RoomVersion.Find(options.Rooms.DefaultVersion) is null)
            Wrong("Rooms:DefaultVersion", $"'{options.Rooms.DefaultVersion}' is no known room version.", "Write 1 to 12; 12 is the newest.");
        if (options.Rooms.MaxHot < 1)
            Wrong("Rooms:MaxHot", $"{options.Rooms.MaxHot} is too few.", "Write 1 or more; 10000 needs about 200 MB.");
        if (options.Telemetry.SampleRatio is not (>= 0 and <= 1))
            Wrong("Telemetry:SampleRatio", $"{options.Telemetry.SampleRatio} is out of range.", "Write 0 to 1.");
        Url("Telemetry:OtlpEndpoint", options.Telemetry.OtlpEndpoint, "http://127.0.0.1:4317");
        Url("Console:Url", options.Console.Url, "http://127.0.0.1:8009");
        if (options.Registration is { RequireToken: true, Open: false })
            Wrong("Registration:RequireToken", "it only means something with open registration.", "Set MatrixBus:Registration:Open to true, or leave it out.");
        if (options.Registration.SharedSecret is { Length: < 16 })
            Wrong("Registration:SharedSecret", "it is shorter than 16 characters, and makes administrators.", "Take the output of: openssl rand -hex 32");
    }

    void Url(string key, string? text, string example)
    {
        if (text is not null && (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")))
            Wrong(key, $"'{text}' is not an http address.", $"Write {example}.");
    }

    void MustExist(string key, string? path, string need)
    {
        if (path is null)
            Wrong(key, "it is missing.", $"{need}: write the path of the PEM file.");
        else if (!File.Exists(path))
            Wrong(key, $"there is no file '{path}'.", null);
    }

    void Required(string key, string? text)
    {
        if (string.IsNullOrEmpty(text))
            Wrong(key, "it is missing.", "The transport RabbitMq needs it; there is no default.");
    }

    static string Guess(string component) => Spelling.Nearest(component, KnownComponents) is { } meant
        ? $"Did you mean {meant}?"
        : $"Known: {string.Join(", ", KnownComponents)}.";

    void Wrong(string key, string reason, string? suggestion) => _errors.Add(new($"{MatrixBusOptions.Section}:{key}", reason, suggestion));
}
