using System.Runtime.InteropServices;
using Matrix.Bus.Split;

using var stop = new CancellationTokenSource();
void OnSignal(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

return await SplitServer.Run(SplitOptions.Read(args), stop.Token);
