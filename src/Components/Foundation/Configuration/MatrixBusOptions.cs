namespace Matrix.Bus.Foundation;

/// <summary>All settings of the server: section <c>MatrixBus</c> of files, environment variables (<c>MatrixBus__ServerName</c>)
/// and arguments (<c>--MatrixBus:ServerName</c>). The texts here are the comments of the generated sample.</summary>
public sealed class MatrixBusOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "MatrixBus";

    /// <summary>The name after the colon in user ids and room aliases. It cannot be changed once the server has accounts.</summary>
    /// <example>example.org</example>
    public string ServerName { get; set; } = "localhost";

    /// <summary>Where the signing key, media and the embedded PostgreSQL are kept.</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>The components this process runs; none named means all of them. A part needs the transport RabbitMq.</summary>
    /// <example>ClientApi, Sync</example>
    public IList<string> Components { get; set; } = [];

    /// <summary>Where HTTP is served. Without any: plain HTTP with every API on 127.0.0.1:8008.</summary>
    public IList<ListenerOptions> Listeners { get; set; } = [];

    /// <summary>How clients reach this server from outside: told in /.well-known/matrix/client and at login.</summary>
    /// <example>https://matrix.example.org</example>
    public string? PublicBaseUrl { get; set; }

    /// <summary>Reverse proxies (addresses or networks) whose X-Forwarded-For is believed. Nobody else's is.</summary>
    /// <example>127.0.0.1</example>
    public IList<string> TrustedProxies { get; set; } = [];

    /// <summary>What the components talk over.</summary>
    public BusOptions Bus { get; set; } = new();

    /// <summary>Where the truth is kept.</summary>
    public DatabaseOptions Database { get; set; } = new();

    /// <summary>Who may make an account.</summary>
    public RegistrationOptions Registration { get; set; } = new();

    /// <summary>Other Matrix servers.</summary>
    public FederationOptions Federation { get; set; } = new();

    /// <summary>Protection against clients that ask too much.</summary>
    public RateLimitOptions RateLimits { get; set; } = new();

    /// <summary>Bridges and bots.</summary>
    public AppServiceOptions AppServices { get; set; } = new();

    /// <summary>How passwords are stored.</summary>
    public PasswordOptions Passwords { get; set; } = new();

    /// <summary>The operators' console.</summary>
    public ConsoleOptions Console { get; set; } = new();

    /// <summary>Rooms.</summary>
    public RoomOptions Rooms { get; set; } = new();

    /// <summary>Logs and traces. Metrics are always at /metrics of a listener that offers the internal API.</summary>
    public TelemetryOptions Telemetry { get; set; } = new();

    /// <summary>Whether this process runs a component.</summary>
    public bool Runs(string component) => Components.Count == 0 || Components.Contains(component, StringComparer.OrdinalIgnoreCase);
}

/// <summary>An address that HTTP is served on.</summary>
public sealed class ListenerOptions
{
    /// <summary>Scheme, address and port; <c>*</c> for all addresses.</summary>
    /// <example>http://127.0.0.1:8008</example>
    public string Url { get; set; } = "";

    /// <summary>Null if it is no URI. Wildcards are no URI's host.</summary>
    internal Uri? Parsed => Uri.TryCreate(
        Url.Replace("://*", "://any", StringComparison.Ordinal).Replace("://+", "://any", StringComparison.Ordinal), UriKind.Absolute, out var uri) ? uri : null;

    /// <summary>Where to listen: <see cref="Url"/> as a URI; the host <c>any</c> stands for all addresses.</summary>
    public Uri Address() => Parsed ?? throw new FormatException($"'{Url}' is not an address to listen on.");

    /// <summary>What is offered here: Client, Federation, Media, Internal (health, metrics, administration), Console. None named
    /// means Client, Federation and Media.</summary>
    /// <example>Client, Media</example>
    public IList<ApiKind> Apis { get; set; } = [];

    /// <summary>The TLS certificate with its chain, PEM. Goes with an https address.</summary>
    /// <example>/etc/matrix-bus/fullchain.pem</example>
    public string? CertificatePath { get; set; }

    /// <summary>The certificate's private key, PEM.</summary>
    /// <example>/etc/matrix-bus/privkey.pem</example>
    public string? KeyPath { get; set; }
}

/// <summary>Settings of the bus.</summary>
public sealed class BusOptions
{
    /// <summary>InMemory: this process is the whole server. RabbitMq: components may run in many processes.</summary>
    public BusTransport Transport { get; set; } = BusTransport.InMemory;

    /// <summary>The broker; only read when it is the transport.</summary>
    public RabbitMqOptions RabbitMq { get; set; } = new();

    /// <summary>Into how many parts rooms are spread; each is worked on by one host at a time. The same in every process, and
    /// not to be changed while any of them runs.</summary>
    public int Partitions { get; set; } = 16;
}

/// <summary>What carries messages between components.</summary>
public enum BusTransport
{
    /// <summary>This process's memory.</summary>
    InMemory = 1,

    /// <summary>A RabbitMQ broker.</summary>
    RabbitMq = 2,
}

/// <summary>Where the broker is and who we are there.</summary>
public sealed class RabbitMqOptions
{
    /// <summary>Host name or address.</summary>
    public string Host { get; set; } = "localhost";

    /// <summary>Port; when not set 5672, or 5671 with TLS.</summary>
    /// <example>5672</example>
    public ushort? Port { get; set; }

    /// <summary>Our virtual host.</summary>
    public string VirtualHost { get; set; } = "/";

    /// <summary>Our user there.</summary>
    /// <example>matrix</example>
    public string? Username { get; set; }

    /// <summary>The user's password.</summary>
    /// <example>a long random text</example>
    public string? Password { get; set; }

    /// <summary>Encrypt the connection.</summary>
    public bool Tls { get; set; }

    /// <summary>What the name of every exchange and queue of ours begins with.</summary>
    public string Prefix { get; set; } = "matrix";

    /// <summary>The port in force.</summary>
    internal ushort PortOrDefault => Port ?? (Tls ? (ushort)5671 : (ushort)5672);
}

/// <summary>Where the components keep their data.</summary>
public sealed class DatabaseOptions
{
    /// <summary>PostgreSQL (Npgsql's words). When not set, the server starts and keeps a private PostgreSQL in DataDirectory.</summary>
    /// <example>Host=/var/run/postgresql;Username=matrix;Database=matrix</example>
    public string? ConnectionString { get; set; }

    /// <summary>A component's own database, by component name.</summary>
    public IDictionary<string, string> Components { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The database of a component; null means the embedded one.</summary>
    public string? Of(string component) => Components.TryGetValue(component, out var own) ? own : ConnectionString;
}

/// <summary>Who may make an account.</summary>
public sealed class RegistrationOptions
{
    /// <summary>Whether anybody may.</summary>
    public bool Open { get; set; }

    /// <summary>Whoever knows this secret may register accounts, administrators too, by the shared-secret protocol.</summary>
    /// <example>a long random text</example>
    public string? SharedSecret { get; set; }

    /// <summary>With open registration: only with a registration token.</summary>
    public bool RequireToken { get; set; }
}

/// <summary>Other Matrix servers.</summary>
public sealed class FederationOptions
{
    /// <summary>Whether to talk with other servers at all.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Certificate authorities (PEM files) trusted besides the system's.</summary>
    /// <example>/etc/matrix-bus/private-ca.pem</example>
    public IList<string> TrustedCertificateAuthorities { get; set; } = [];

    /// <summary>Networks that may be connected to although they are private. Private, loopback and link-local addresses are
    /// refused otherwise.</summary>
    /// <example>10.1.0.0/16</example>
    public IList<string> AllowedNetworks { get; set; } = [];

    /// <summary>Networks that are never connected to.</summary>
    /// <example>203.0.113.0/24</example>
    public IList<string> DeniedNetworks { get; set; } = [];

    /// <summary>Notary servers asked for the keys of servers that cannot be reached.</summary>
    /// <example>matrix.org</example>
    public IList<string> KeyServers { get; set; } = [];
}

/// <summary>Protection against clients that ask too much.</summary>
public sealed class RateLimitOptions
{
    /// <summary>Whether requests are limited per account and address.</summary>
    public bool Enabled { get; set; } = true;
}

/// <summary>Bridges and bots.</summary>
public sealed class AppServiceOptions
{
    /// <summary>Every registration file (*.yaml, *.yml) in this directory is loaded at start.</summary>
    /// <example>/etc/matrix-bus/appservices</example>
    public string? Directory { get; set; }
}

/// <summary>How passwords are stored.</summary>
public sealed class PasswordOptions
{
    /// <summary>How much work guessing a password is. Interactive for real accounts; Minimal makes tests fast.</summary>
    public PasswordCost Cost { get; set; } = PasswordCost.Interactive;
}

/// <summary>The work of one Argon2id hash.</summary>
public enum PasswordCost
{
    /// <summary>libsodium's interactive limits.</summary>
    Interactive = 1,

    /// <summary>The least that libsodium accepts: for tests alone.</summary>
    Minimal = 2,
}

/// <summary>The operators' console.</summary>
public sealed class ConsoleOptions
{
    /// <summary>Whether it is served.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Its address, as the operator's browser sees it.</summary>
    /// <example>http://127.0.0.1:8009</example>
    public string? Url { get; set; }
}

/// <summary>Rooms.</summary>
public sealed class RoomOptions
{
    /// <summary>The version of rooms created without saying one, 1 to 12.</summary>
    public string DefaultVersion { get; set; } = "12";

    /// <summary>How many rooms a host keeps in memory, least recently used out first.</summary>
    public int MaxHot { get; set; } = 10_000;
}

/// <summary>Logs and traces.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Traces are sent here by OTLP over gRPC; none when not set.</summary>
    /// <example>http://127.0.0.1:4317</example>
    public string? OtlpEndpoint { get; set; }

    /// <summary>Which share of traces is kept, 0 to 1.</summary>
    public double SampleRatio { get; set; } = 1;

    /// <summary>Text: a line for people. Json: an object per line for machines.</summary>
    public LogFormat LogFormat { get; set; } = LogFormat.Text;
}

/// <summary>The shape of a log line.</summary>
public enum LogFormat
{
    /// <summary>One line of text.</summary>
    Text = 1,

    /// <summary>One JSON object.</summary>
    Json = 2,
}
