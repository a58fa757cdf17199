# The server, the operators' tool, and a PostgreSQL for when no database is named.
#   docker run -p 8008:8008 -v matrix-bus:/data matrix-bus --MatrixBus:ServerName=example.org
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig BannedSymbols.txt ./
COPY src/ src/
RUN dotnet publish src/Hosts/Server -c Release -o /app/server \
 && dotnet publish src/Hosts/Tool -c Release -o /app/tool

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# No cluster of the distribution's own: the server makes one below /data if it needs it.
RUN mkdir -p /etc/postgresql-common \
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends curl libsodium23 postgresql tini \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /app /app
COPY --chmod=755 deploy/docker/entrypoint deploy/docker/make-secrets /usr/local/bin/
RUN mkdir /data && chown "$APP_UID" /data

ENV MatrixBus__DataDirectory=/data \
    MatrixBus__Listeners__0__Url=http://*:8008 \
    MatrixBus__Listeners__0__Apis__0=Client \
    MatrixBus__Listeners__0__Apis__1=Federation \
    MatrixBus__Listeners__0__Apis__2=Media \
    MatrixBus__Listeners__1__Url=http://127.0.0.1:8009 \
    MatrixBus__Listeners__1__Apis__0=Internal

USER $APP_UID
VOLUME /data
EXPOSE 8008
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
    CMD ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8009/health/ready"]
# Waits for what outlives its parent, such as an embedded PostgreSQL.
ENTRYPOINT ["tini", "--", "entrypoint"]
