// The switch among the quick settings, fed by `vpn status --json --watch`: the same file for all versions of GNOME Shell.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import {shown} from './vpn.js';

/** The program beside this extension, PREFIX/share/gnome-shell/extensions/UUID, or that of the PATH. */
function program(folder) {
    const own = folder.resolve_relative_path('../../../../bin/vpn');
    return own.query_exists(null) ? own.get_path() : GLib.find_program_in_path('vpn') ?? 'vpn';
}

// Registered once, however often the extension is switched on.
let Toggle = null;

/** The shell's modules are imported in one way until 44 and in another from 45 on, so the extension hands them over. */
export function makeSwitch(folder, Main, QuickSettings) {
    Toggle ??= GObject.registerClass(class VPNToggle extends QuickSettings.QuickMenuToggle {
        _init(vpn) {
            super._init({iconName: 'vpnrun-off', toggleMode: false});
            // Since 44.
            this._hasTitle = 'title' in this;
            this[this._hasTitle ? 'title' : 'label'] = 'VPN';
            this._vpn = vpn;
            this.menu.setHeader('vpnrun-off', 'VPN');
            this.connect('clicked', () => this._run('toggle'));
            this._cancel = new Gio.Cancellable();
            this._pause = 1;
            this._watch();
        }

        _run(...words) {
            try {
                const child = Gio.Subprocess.new([this._vpn, ...words], Gio.SubprocessFlags.STDERR_PIPE);
                child.communicate_utf8_async(null, null, (_, result) => {
                    const [, , error] = child.communicate_utf8_finish(result);
                    if (!child.get_successful())
                        Main.notifyError('VPN', error.trim().split('\n').pop());
                });
            } catch (error) {
                Main.notifyError('VPN', error.message);
            }
        }

        _watch() {
            this._timer = 0;
            try {
                const flags = Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_SILENCE;
                this._child = Gio.Subprocess.new([this._vpn, 'status', '--json', '--watch'], flags);
            } catch {
                this._again();
                return GLib.SOURCE_REMOVE;
            }
            this._next(Gio.DataInputStream.new(this._child.get_stdout_pipe()));
            return GLib.SOURCE_REMOVE;
        }

        _next(lines) {
            lines.read_line_async(0, this._cancel, (_, result) => {
                let line = null;
                try {
                    [line] = lines.read_line_finish_utf8(result);
                } catch (error) {
                    if (error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED))
                        return;
                }
                if (line === null) {
                    this._again();
                    return;
                }
                this._pause = 1;
                this._show(shown(line));
                this._next(lines);
            });
        }

        _again() {
            this._show(shown(''));
            this._timer = GLib.timeout_add_seconds(0, this._pause, () => this._watch());
            this._pause = Math.min(this._pause * 2, 60);
        }

        _show({checked, icon, subtitle, vpns}) {
            this.set(this._hasTitle ? {checked, iconName: icon, subtitle} : {checked, iconName: icon});
            this.menu.setHeader(icon, 'VPN', subtitle);
            this.menu.removeAll();
            for (const vpn of vpns) {
                const label = vpn.word ? `${vpn.name} – ${vpn.word}` : vpn.name;
                const item = this.menu.addAction(label, () => this._run(vpn.up ? 'down' : 'up', vpn.name));
                item.setOrnament?.(vpn.up ? 2 : 0); // Ornament.CHECK, NONE
            }
        }

        destroy() {
            this._cancel.cancel();
            if (this._timer)
                GLib.source_remove(this._timer);
            this._child?.force_exit();
            super.destroy();
        }
    });

    return new Toggle(program(folder));
}
