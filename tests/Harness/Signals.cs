using System.Globalization;
using System.Runtime.InteropServices;

namespace Matrix.Bus.Harness;

/// <summary>Signals, by Linux's numbers.</summary>
static partial class Signals
{
    public const int Quit = 3, Kill = 9, Terminate = 15, Continue = 18, Stop = 19;

    /// <summary>Sends it; a process that is gone is not an error, as it may go at any time.</summary>
    public static void Send(int pid, int signal)
    {
        if (pid <= 1)
            throw new ArgumentOutOfRangeException(nameof(pid), pid, "Not one of ours.");
        _ = SendSignal(pid, signal);
    }

    /// <summary>Sends it to a process and its children.</summary>
    public static void SendToFamily(int pid, int signal)
    {
        Send(pid, signal);
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var child) && ParentOf(child) == pid)
                Send(child, signal);
        }
    }

    /// <summary>Whether a process of this number lives and is this program; numbers are used again.</summary>
    public static bool IsNamed(int pid, string program)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim() == program && Directory.Exists($"/proc/{pid}/cwd/");
        }
        catch (IOException)
        {
            return false;
        }
    }

    static int? ParentOf(int pid)
    {
        try
        {
            // "pid (name) state parent …", and the name may hold anything.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
