using Matrix.Bus.Foundation;

namespace Matrix.Bus.Server;

/// <summary>Keeps each listener to the APIs it offers: what it does not offer is not there, as if the path did not exist.</summary>
static class ListenerApis
{
    public static void UseListenerApis(this WebApplication app, IEnumerable<ListenerOptions> listeners)
    {
        var offered = listeners.ToLookup(listener => listener.Address().Port, listener => listener.Apis);
        app.UseRouting();
        app.UseEscapedSlashes();
        app.Use((http, next) =>
        {
            if (http.GetEndpoint()?.Metadata.GetMetadata<ServedOn>() is { } served
                && !offered[http.Connection.LocalPort].Any(apis => apis.Contains(served.Api)))
            {
                http.SetEndpoint(null);
            }
            return next(http);
        });
    }
}
