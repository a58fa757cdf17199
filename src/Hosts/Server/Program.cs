using Matrix.Bus.Foundation;
using Matrix.Bus.Server;

// The entry point is tiny on purpose: what the server is made of stands in ServerHost.
return await ServerHost.Run(args);
