using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Microsoft.Extensions.Configuration;

namespace Matrix.Bus.Components.Tests.Foundation.Configuration;

public sealed class MatrixBusOptionsTests
{
    [Fact]
    public void Nothing_written_is_a_whole_server_on_loopback()
    {
        var options = Read();

        Assert.Equal("localhost", options.ServerName);
        Assert.Equal(BusTransport.InMemory, options.Bus.Transport);
        Assert.True(options.Runs(ComponentNames.Sync));
        Assert.Equal("12", options.Rooms.DefaultVersion);
        var listener = Assert.Single(options.Listeners);
        Assert.Equal("http://127.0.0.1:8008", listener.Url);
        Assert.Contains(ApiKind.Internal, listener.Apis);
    }

    [Fact]
    public void No_secret_has_a_default()
    {
        var options = Read();

        Assert.Null(options.Registration.SharedSecret);
        Assert.Null(options.Bus.RabbitMq.Username);
        Assert.Null(options.Bus.RabbitMq.Password);
        Assert.False(options.Registration.Open);
    }

    [Theory]
    [InlineData("MatrixBus:ServerNmae", "MatrixBus:ServerNmae: there is no such key. Did you mean MatrixBus:ServerName?")]
    [InlineData("MatrixBus:Bus:RabitMq:Host", "MatrixBus:Bus:RabitMq: there is no such key. Did you mean MatrixBus:Bus:RabbitMq?")]
    [InlineData("MatrixBus:Federation:Xyzzy", "Known here: AllowedNetworks, DeniedNetworks, Enabled, KeyServers, TrustedCertificateAuthorities.")]
    [InlineData("MatrxBus:ServerName", "MatrxBus: there is no such section. Did you mean MatrixBus?")]
    [InlineData("MatrixBus:Listeners:0:Api", "Did you mean MatrixBus:Listeners:0:Apis?")]
    public void An_unknown_key_is_named_with_what_was_meant(string key, string expected) =>
        Assert.Contains(expected, Refused((key, "x")), StringComparison.Ordinal);

    [Theory]
    [InlineData("MatrixBus:Bus:Transport", "RabitMq", "Did you mean RabbitMq?")]
    [InlineData("MatrixBus:Registration:Open", "yes", "Write true or false.")]
    [InlineData("MatrixBus:Bus:Partitions", "0", "0 is out of range")]
    [InlineData("MatrixBus:Bus:Partitions", "many", "'many' cannot be used")]
    [InlineData("MatrixBus:Bus:RabbitMq:Port", "70000", "up to 65535")]
    [InlineData("MatrixBus:ServerName", "https://example.org", "without a scheme")]
    [InlineData("MatrixBus:Rooms:DefaultVersion", "13", "no known room version")]
    [InlineData("MatrixBus:Federation:DeniedNetworks", "10.0.0.1/99", "not a network")]
    [InlineData("MatrixBus:Listeners:0:Url", "localhost", "not an address to listen on")]
    [InlineData("MatrixBus:Listeners:0:Url", "https://*:8448", "CertificatePath: it is missing")]
    [InlineData("MatrixBus:Registration:SharedSecret", "short", "openssl rand -hex 32")]
    [InlineData("MatrixBus:Passwords:Cost", "low", "One of Interactive, Minimal")]
    [InlineData("MatrixBus:Telemetry:SampleRatio", "2", "out of range")]
    [InlineData("MatrixBus:Bus", "RabbitMq", "is a group of keys")]
    [InlineData("MatrixBus:Database:ConnectionString", "Host", "not a connection string")]
    public void A_wrong_value_is_named_with_the_reason(string key, string value, string expected)
    {
        var text = Refused((key, value));

        Assert.Contains(key.Split(":0")[0], text, StringComparison.Ordinal);
        Assert.Contains(expected, text, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var text = Refused(("MatrixBus:Bus:Transprot", "RabbitMq"), ("MatrixBus:Registration:Open", "maybe"), ("MatrixBus:Rooms:MaxHot", "0"));

        Assert.Contains("Transprot", text, StringComparison.Ordinal);
        Assert.Contains("Registration:Open", text, StringComparison.Ordinal);
        Assert.Contains("Rooms:MaxHot", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_in_a_broken_connection_string_is_not_repeated()
    {
        var text = Refused(("MatrixBus:Database:ConnectionString", "Host=x;Port=hunter2;Password=hunter2"));

        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Part_of_the_components_on_the_in_memory_bus_is_refused() =>
        Assert.Contains("set MatrixBus:Bus:Transport to RabbitMq", Refused(("MatrixBus:Components", "Sync, ClientApi")), StringComparison.Ordinal);

    [Fact]
    public void A_component_that_does_not_exist_is_refused() =>
        Assert.Contains("there is no component 'RoomSever'. Did you mean RoomServer?", Refused(("MatrixBus:Components:0", "RoomSever")), StringComparison.Ordinal);

    [Fact]
    public void RabbitMq_needs_credentials_and_a_shared_database()
    {
        var text = Refused(("MatrixBus:Bus:Transport", "rabbitmq"));

        Assert.Contains("RabbitMq:Username: it is missing", text, StringComparison.Ordinal);
        Assert.Contains("RabbitMq:Password: it is missing", text, StringComparison.Ordinal);
        Assert.Contains("must share a database", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("All")]
    [InlineData("")]
    public void All_components_can_be_written_as_a_word(string all) => Assert.True(Read(("MatrixBus:Components", all)).Runs(ComponentNames.UserApi));

    [Fact]
    public void A_list_is_written_by_index_or_with_commas()
    {
        var options = Read(
            ("MatrixBus:Listeners:0:Url", "http://*:8080"),
            ("MatrixBus:Listeners:0:Apis", "client,media"),
            ("MatrixBus:Listeners:1:Url", "http://127.0.0.1:9000"),
            ("MatrixBus:Listeners:1:Apis:0", "internal"));

        Assert.Equal([ApiKind.Client, ApiKind.Media], options.Listeners[0].Apis);
        Assert.Equal([ApiKind.Internal], options.Listeners[1].Apis);
    }

    [Fact]
    public void A_listener_that_does_not_say_what_it_offers_offers_nothing_of_the_operators()
    {
        var listener = Assert.Single(Read(("MatrixBus:Listeners:0:Url", "http://*:8080")).Listeners);

        Assert.Equal([ApiKind.Client, ApiKind.Federation, ApiKind.Media], listener.Apis);
    }

    [Theory]
    [InlineData("http://*:8080", "any", 8080)]
    [InlineData("http://[::1]:8080", "[::1]", 8080)]
    [InlineData("http://localhost", "localhost", 80)]
    public void A_listener_has_a_host_and_a_port(string url, string host, int port)
    {
        var address = Assert.Single(Read(("MatrixBus:Listeners:0:Url", url)).Listeners).Address();

        Assert.Equal((host, port), (address.Host, address.Port));
    }

    [Fact]
    public void A_component_may_have_its_own_database()
    {
        var options = Read(("MatrixBus:Database:ConnectionString", "Host=a"), ("MatrixBus:Database:Components:sync", "Host=b"));

        Assert.Equal("Host=b", options.Database.Of(ComponentNames.Sync));
        Assert.Equal("Host=a", options.Database.Of(ComponentNames.UserApi));
    }

    [Fact]
    public void An_argument_without_the_section_is_refused_rather_than_ignored()
    {
        var configuration = new ConfigurationBuilder().AddCommandLine(["--ServerName=example.org"]).Build();

        var refused = Assert.Throws<ConfigurationException>(() => configuration.ReadMatrixBusOptions());

        Assert.Contains("Did you mean --MatrixBus:ServerName?", refused.Message, StringComparison.Ordinal);
    }

    static MatrixBusOptions Read(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(each => KeyValuePair.Create(each.Key, (string?)each.Value)))
            .Build()
            .ReadMatrixBusOptions();

    static string Refused(params (string Key, string Value)[] settings) => Assert.Throws<ConfigurationException>(() => Read(settings)).Message;
}
