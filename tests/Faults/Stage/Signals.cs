using System.Globalization;
using System.Runtime.InteropServices;

namespace Matrix.Bus.Faults.Stage;

/// <summary>Signals to processes that are not our children.</summary>
static partial class Signals
{
    const int SigKill = 9, SigCont = 18, SigStop = 19;

    /// <summary>kill -9 of one process.</summary>
    public static void Kill(int pid) => Send(pid, SigKill);

    /// <summary>Stops a process and its children, the parent first so that it starts no more.</summary>
    public static void PauseTree(int pid)
    {
        Send(pid, SigStop);
        foreach (var child in Children(pid))
            Send(child, SigStop);
    }

    /// <summary>Lets a process and its children go on.</summary>
    public static void ResumeTree(int pid)
    {
        foreach (var child in Children(pid))
            Send(child, SigCont);
        Send(pid, SigCont);
    }

    static void Send(int pid, int signal)
    {
        // 0 and negative numbers would mean whole groups.
        if (pid > 1)
            _ = SendSignal(pid, signal);
    }

    static IReadOnlyList<int> Children(int pid)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{pid}/task")
                .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(child => int.Parse(child, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
