// The command line by which a front end starts this program.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>The command line and the variables of a kernel spec.</summary>
internal static class KernelProgram
{
    /// <summary>
    /// The command of the installed tool, which stays valid after updates; else dotnet with this
    /// assembly.
    /// </summary>
    public static IReadOnlyList<string> Command
    {
        get
        {
            var assembly = Path.Combine(AppContext.BaseDirectory, "llm360.dll");
            var program = System.Environment.ProcessPath;
            // A program outside the assembly's folder is the shim made by dotnet tool install.
            var isShim = program is not null
                && Path.GetFileNameWithoutExtension(program) == "llm360"
                && Path.GetDirectoryName(program) != Path.GetDirectoryName(assembly);
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
                // The shim looks for the runtime here before the usual locations.
                ["DOTNET_ROOT"] = Path.GetDirectoryName(Muxer)!,

                // A cell that needs too much memory gets an OutOfMemoryException before the system
                // kills the kernel: three quarters of the memory, in hexadecimal.
                ["DOTNET_GCHeapHardLimitPercent"] = "4B",

                // Without the instrumented tier the first result came after 1.98 s instead of
                // 2.16 s, and a warm cell took 16.1 ms instead of 19.6 ms.
                ["DOTNET_TieredPGO"] = "0",
            };

            // A front end may be started where the variable is not set.
            if (System.Environment.GetEnvironmentVariable(Workspace.HomeVariable) is { Length: > 0 } home)
                variables[Workspace.HomeVariable] = Path.GetFullPath(home);
            return variables;
        }
    }

    // dotnet/shared/Microsoft.NETCore.App/10.0.x/ is the runtime's folder.
    private static string Muxer
    {
        get
        {
            var dotnet = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
            return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", dotnet));
        }
    }
}
