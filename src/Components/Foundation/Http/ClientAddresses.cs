using System.Net;
using Microsoft.AspNetCore.Http;

namespace Matrix.Bus.Foundation;

/// <summary>Where a request comes from: X-Forwarded-For is believed from configured proxies alone.</summary>
public sealed class ClientAddresses(MatrixBusOptions options)
{
    readonly IPNetwork[] _trusted = [.. options.TrustedProxies.Select(Network)];

    /// <summary>The address of the client, or of the last hop that is not trusted.</summary>
    public string Of(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        if (address is null)
            return "unknown";
        address = Plain(address);
        // From the nearest hop outwards: what stands left of an untrusted hop is that hop's own claim.
        var hops = string.Join(',', (IEnumerable<string?>)http.Request.Headers["X-Forwarded-For"]).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        for (var hop = hops.Length - 1; hop >= 0 && IsTrusted(address); hop--)
        {
            if (!IPAddress.TryParse(hops[hop], out var before))
                break;
            address = Plain(before);
        }
        return address.ToString();
    }

    bool IsTrusted(IPAddress address) => Array.Exists(_trusted, network => network.Contains(address));

    static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    static IPNetwork Network(string text) =>
        text.Contains('/') ? IPNetwork.Parse(text)
        : IPAddress.Parse(text) is var address ? new IPNetwork(address, address.GetAddressBytes().Length * 8) : default;
}
