// How a front end starts this program again.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>The command line and the variables that a kernel spec needs.</summary>
internal static class KernelProgram
{
    /// <summary>The installed tool's own command, which outlives its updates; else dotnet with this assembly.</summary>
    public static IReadOnlyList<string> Command
    {
        get
        {
            var assembly = Path.Combine(AppContext.BaseDirectory, "llm360.dll");
            var program = System.Environment.ProcessPath;
            // A program that does not lie beside the assembly is the shim that dotnet tool install makes.
            var isShim = program is not null && Path.GetFileNameWithoutExtension(program) == "llm360" && Path.GetDirectoryName(program) != Path.GetDirectoryName(assembly);
            return isShim ? [program!] : [Muxer, assembly];
        }
    }

    /// <summary>Variables of the kernel's process.</summary>
    public static IReadOnlyDictionary<string, string> Environment
    {
        get
        {
            var variables = new Dictionary<string, string>
            {
                // The shim looks for the runtime here before it looks in the usual places.
                ["DOTNET_ROOT"] = Path.GetDirectoryName(Muxer)!,

                // A cell that asks for too much gets an OutOfMemoryException before the system ends
                // the kernel: three quarters of the memory, in hexadecimal.
                ["DOTNET_GCHeapHardLimitPercent"] = "4B",

                // Without the instrumented tier the first result came after 1.98 s instead of
                // 2.16 s, and a warm cell took 16.1 ms instead of 19.6 ms.
                ["DOTNET_TieredPGO"] = "0",
            };

            // A front end is started elsewhere, where the variable may not be set.
            if (System.Environment.GetEnvironmentVariable(Workspace.HomeVariable) is { Length: > 0 } home)
                variables[Workspace.HomeVariable] = Path.GetFullPath(home);
            return variables;
        }
    }

    // dotnet/shared/Microsoft.NETCore.App/10.0.x/ is the runtime's folder.
    private static string Muxer => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
}
